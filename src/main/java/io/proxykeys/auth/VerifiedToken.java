package io.proxykeys.auth;

import io.smallrye.jwt.auth.principal.JWTCallerPrincipal;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.Set;
import org.eclipse.microprofile.jwt.Claims;
import org.jose4j.jwt.JwtClaims;
import org.jose4j.jwt.MalformedClaimException;

/** A token that has passed every rule. Its claims are as jose4j reads them: strings, numbers, lists and maps. */
final class VerifiedToken extends JWTCallerPrincipal {

    private final JwtClaims claims;

    VerifiedToken(String token, JwtClaims claims) {
        super(token, "JWT");
        this.claims = claims;
    }

    @Override
    protected Collection<String> doGetClaimNames() {
        return claims.getClaimNames();
    }

    @Override
    protected Object getClaimValue(String name) {
        return name.equals(Claims.aud.name()) ? audience() : claims.getClaimValue(name);
    }

    private Set<String> audience() {
        try {
            return claims.hasAudience() ? new LinkedHashSet<>(claims.getAudience()) : null;
        } catch (MalformedClaimException e) {
            throw new IllegalStateException("the audience was verified", e);
        }
    }
}
