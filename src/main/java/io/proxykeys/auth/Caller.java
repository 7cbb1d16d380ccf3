package io.proxykeys.auth;

import java.security.Principal;
import java.util.Set;

/**
 * Who calls, as a verified access token says.
 *
 * @param account the token's {@code sub}: the account id, 1 to 255 characters, none of them a control character
 * @param scopes the values of the {@code scope} claim; empty if there is none
 * @param client the token's {@code azp} or else {@code client_id}, at most 255 characters; {@code null} if it has neither
 */
public record Caller(String account, Set<String> scopes, String client) implements Principal {

    public Caller {
        scopes = Set.copyOf(scopes);
    }

    @Override
    public String getName() {
        return account;
    }
}
