package io.proxykeys.auth;

/** There is no key yet to verify tokens with. Nothing is wrong with the token, as far as is known. */
public final class NoKeySet extends RuntimeException {

    NoKeySet() {
        super("no key is known to verify tokens with", null, false, false);
    }
}
