package io.proxykeys.auth;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.proxykeys.harness.Api;
import io.proxykeys.harness.Gateway;
import io.proxykeys.harness.Harness;
import io.proxykeys.harness.Issuer;
import io.proxykeys.harness.LogLines;
import io.proxykeys.http.Endpoints;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import java.util.List;
import java.util.Map;
import org.jose4j.jws.AlgorithmIdentifiers;
import org.jose4j.jwt.JwtClaims;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the log says of a token that is refused: which rule it broke, and what to change; nothing of the token. */
@QuarkusTest
@WithTestResource(Harness.class)
class RefusedTokenLogTest {

    private static final String SECRET_PART = "c2VjcmV0";

    @ParameterizedTest
    @CsvSource({ "c2VjcmV0,an opaque token", "c2VjcmV0.c2VjcmV0,not a signed JWT", "c2VjcmV0.c2VjcmV0.c2VjcmV0.c2VjcmV0.c2VjcmV0,(JWE)",
            "c2VjcmV0..c2VjcmV0.c2VjcmV0.c2VjcmV0,(JWE)" })
    void ofATokenThatIsNoSignedJwtWhatItIs(String token, String kind) {
        assertSays(refuse("Bearer " + token), kind);
    }

    @ParameterizedTest
    @ValueSource(strings = { "c2VjcmV0.c2VjcmV0.c2VjcmV0", "Basic c2VjcmV0", "Token c2VjcmV0", "BearerToken c2VjcmV0" })
    void ofATokenWithoutBearerThatItIsMissing(String authorization) {
        assertSays(refuse(authorization), "Bearer <token>");
    }

    @Test
    void ofNoTokenNothing() {
        assertEquals(List.of(), refuse(null));
        assertEquals(List.of(), refuse(""));
        assertEquals(List.of(), refuse("Bearer"));
        assertEquals(List.of(), refuse("Bearer "));
    }

    @Test
    void ofAnAccountThatIsAbsentOrEmptyWhichClaimIsRead() {
        assertSays(refuse(null, ""), "the claim sub", "is absent", "PROXY_KEYS_TOKEN_ACCOUNT_CLAIM");
        assertSays(refuse("", ""), "the claim sub", "is empty", "PROXY_KEYS_TOKEN_ACCOUNT_CLAIM");
    }

    @Test
    void ofAClaimOfTheWrongTypeWhichItIs() {
        for (Object sub : List.of(7, true, List.of(SECRET_PART), Map.of(SECRET_PART, 1))) {
            assertSays(refuse(sub, ""), "the claim sub is of the wrong type");
        }
        assertSays(refuse("a", SECRET_PART), "the claim nbf is of the wrong type");
    }

    /** Where the account is another claim than {@code sub}. */
    @Test
    void whatAValueIsIsSaidInWords() {
        assertEquals("is absent", ClaimPath.describe(null));
        assertEquals("is a number", ClaimPath.describe(7));
        assertEquals("is true or false", ClaimPath.describe(false));
        assertEquals("is a list", ClaimPath.describe(List.of("a")));
        assertEquals("is an object", ClaimPath.describe(Map.of("a", 1)));
    }

    /** A token with these claims; {@code null} and "" for none. */
    private static List<String> refuse(Object sub, String notBefore) {
        JwtClaims claims = Issuer.claims("a", Issuer.DELETE);
        claims.unsetClaim("sub");
        if (sub != null) {
            claims.setClaim("sub", sub);
        }
        if (!notBefore.isEmpty()) {
            claims.setClaim("nbf", notBefore);
        }
        return refuse("Bearer " + Issuer.sign(Issuer.shared().rsa, AlgorithmIdentifiers.RSA_USING_SHA256, claims, jws -> {}));
    }

    private static List<String> refuse(String authorization) {
        try (LogLines log = new LogLines(Endpoints.class.getName())) {
            Gateway.Result answer = Gateway.invoke(Gateway.event("DELETE", Api.PROXY, "",
                    authorization == null ? Map.of() : Map.of("authorization", authorization)));
            assertEquals(401, answer.status());
            return log.lines();
        }
    }

    private static void assertSays(List<String> lines, String... parts) {
        assertEquals(1, lines.size(), lines.toString());
        for (String part : parts) {
            assertTrue(lines.get(0).contains(part), lines.toString());
        }
        assertFalse(lines.get(0).contains(SECRET_PART), lines.toString());
    }
}
