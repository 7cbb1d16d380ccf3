package io.proxykeys.connection;

import java.io.IOException;

/** A connection that is given up, used or waited for, because it has said nothing for too long; who asks again gets a new one. */
public final class SilentConnection extends IOException {

    private static final long serialVersionUID = 1;

    /** @param message what there was no answer to */
    public SilentConnection(String message) {
        super(message);
    }

    /** Only the message is of interest, and it is made where something has gone wrong already. */
    @Override
    public synchronized Throwable fillInStackTrace() {
        return this;
    }
}
