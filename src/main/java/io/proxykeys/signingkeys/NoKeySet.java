package io.proxykeys.signingkeys;

/** There is no key yet to verify signatures with. Nothing is wrong with the token or report, as far as is known. */
public final class NoKeySet extends RuntimeException {

    NoKeySet() {
        super("no key is known to verify with", null, false, false);
    }
}
