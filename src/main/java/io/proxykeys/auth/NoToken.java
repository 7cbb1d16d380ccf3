package io.proxykeys.auth;

/** The request brings no access token (<a href="https://www.rfc-editor.org/rfc/rfc6750#section-3.1">RFC 6750, section 3.1</a>). */
public final class NoToken extends RuntimeException {

    NoToken() {
        super("no access token was sent", null, false, false);
    }
}
