package io.proxykeys.auth;

/**
 * The access token cannot be accepted. The message names the rule that it broke and quotes nothing of the token. It is for the log
 * only: it would help an attacker most.
 */
public final class InvalidToken extends RuntimeException {

    InvalidToken(String brokenRule) {
        super(brokenRule, null, false, false);
    }
}
