package io.proxykeys.database;

/** There is no such account. The token or alert that names it is treated as invalid. */
public final class UnknownAccount extends RuntimeException {

    public UnknownAccount() {
        super("no such account", null, false, false);
    }
}
