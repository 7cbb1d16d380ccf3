package io.proxykeys.auth;

/** The access token is valid, but lacks the scope of the operation. */
public final class InsufficientScope extends RuntimeException {

    private final String scope;

    InsufficientScope(String scope) {
        super("lacks " + scope, null, false, false);
        this.scope = scope;
    }

    /** The scope that the token would need. */
    public String scope() {
        return scope;
    }
}
