package io.proxykeys.database;

/** There is no such account. The token or alert that names it is treated as invalid. */
public final class UnknownAccount extends RuntimeException {

    public UnknownAccount() {
        this(null);
    }

    /** @param cause what the change of this account failed with, which was sent before that was known; {@code null}: nothing */
    UnknownAccount(Throwable cause) {
        super("no such account", cause, false, false);
    }
}
