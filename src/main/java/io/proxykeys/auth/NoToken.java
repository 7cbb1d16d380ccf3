package io.proxykeys.auth;

/**
 * The request brings no access token, or not as one (<a href="https://www.rfc-editor.org/rfc/rfc6750#section-3.1">RFC 6750, section
 * 3.1</a>).
 */
public final class NoToken extends RuntimeException {

    private final boolean otherwise;

    /** @param otherwise whether the request has something else where the token should be */
    NoToken(boolean otherwise) {
        super(otherwise ? "the header Authorization does not begin with Bearer: send Authorization: Bearer <token>"
                : "no access token was sent", null, false, false);
        this.otherwise = otherwise;
    }

    /** Whether its sender probably believes to have sent one. */
    public boolean isSentOtherwise() {
        return otherwise;
    }
}
