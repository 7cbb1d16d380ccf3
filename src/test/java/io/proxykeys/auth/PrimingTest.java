package io.proxykeys.auth;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.proxykeys.signingkeys.Algorithm;
import io.smallrye.jwt.auth.principal.JWTAuthContextInfo;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.util.Set;
import org.jose4j.jwt.consumer.InvalidJwtException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class PrimingTest {

    @ParameterizedTest
    @EnumSource
    void theTokenPassesEveryRule(PrimingToken priming) throws GeneralSecurityException, InvalidJwtException {
        JWTAuthContextInfo context = priming.context();
        Key key = context.getPublicVerificationKey();
        TokenRules rules = new TokenRules(context.getIssuedBy(), context.getExpectedAudience(), Set.of(),
                Set.of(Algorithm.valueOf(priming.name())), 30);

        assertEquals("priming", rules.consumer((jws, nesting) -> key).processToClaims(priming.token()).getClaimValue("sub"));
    }
}
