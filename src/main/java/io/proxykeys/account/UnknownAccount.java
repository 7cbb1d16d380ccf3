package io.proxykeys.account;

/** There is no such account: a token or an alert that names one is as good as none. */
public final class UnknownAccount extends RuntimeException {

    public UnknownAccount() {
        super("no such account", null, false, false);
    }
}
