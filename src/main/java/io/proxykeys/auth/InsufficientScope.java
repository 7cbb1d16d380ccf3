package io.proxykeys.auth;

/**
 * The access token is valid, but lacks the scope of the operation. The message, for the log, says what was found instead, and in
 * which claim.
 */
public final class InsufficientScope extends RuntimeException {

    private final String scope;

    InsufficientScope(String scope, GrantedScopes granted, Caller caller) {
        super("lacks " + scope + ": the claim " + granted + " (account " + caller.account() + ", requested by " + caller.client()
                + ", subject " + caller.subject() + ")",
                null, false, false);
        this.scope = scope;
    }

    /** The scope that the token would need; several with spaces between them. */
    public String scope() {
        return scope;
    }
}
