package io.proxykeys.http;

import io.proxykeys.access.AccessTokens;
import io.proxykeys.access.Caller;
import io.proxykeys.problem.Refusal;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Inject;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.core.SecurityContext;
import java.security.Principal;
import org.jboss.resteasy.reactive.server.ServerRequestFilter;

/**
 * Lets nobody through to a resource but the bearer of a valid access token with the scope of the route. Every route passes
 * here: what a resource does not have to ask for, it cannot forget.
 */
class Authentication {

    private final AccessTokens tokens;
    private final Call call;

    @Inject
    Authentication(AccessTokens tokens, Call call) {
        this.tokens = tokens;
        this.call = call;
    }

    @ServerRequestFilter
    Uni<Void> admit(ContainerRequestContext request) {
        return tokens.verify(call.headers("Authorization")).invoke(caller -> {
            String scope = call.route().scope();
            if (!caller.scopes().contains(scope)) {
                throw Refusal.insufficientScope(scope);
            }
            request.setSecurityContext(new Admitted(caller));
        }).replaceWithVoid();
    }

    private record Admitted(Caller caller) implements SecurityContext {

        @Override
        public Principal getUserPrincipal() {
            return caller;
        }

        @Override
        public boolean isUserInRole(String role) {
            return caller.scopes().contains(role);
        }

        @Override
        public boolean isSecure() {
            return true;
        }

        @Override
        public String getAuthenticationScheme() {
            return "Bearer";
        }
    }
}
