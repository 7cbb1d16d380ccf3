package io.proxykeys.auth;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.proxykeys.harness.Api;
import io.proxykeys.harness.Issuer;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.crypto.spec.SecretKeySpec;
import org.jose4j.jwk.PublicJsonWebKey;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tokens that must be told apart, under every setting that widens what is accepted. */
class TokenRulesTest {

    private static final String AUDIENCE = "MP_JWT_VERIFY_AUDIENCES=proxy-keys";
    private static final String BOTH = AUDIENCE + ";PROXY_KEYS_TOKEN_CLIENT_IDS=app-1, app-2";
    private static final String CLIENTS = "PROXY_KEYS_TOKEN_CLIENT_IDS=app-1";
    private static final String ACCOUNT = AUDIENCE + ";PROXY_KEYS_TOKEN_ACCOUNT_CLAIM=org";
    private static final String ALL = "RS256,RS384,RS512,PS256,PS384,PS512,ES256,ES384,ES512,EdDSA";

    private final PublicJsonWebKey rsa = Issuer.rsaKey("rsa");
    private final ObjectNode header = (ObjectNode) Api.json("{\"alg\":\"RS256\",\"kid\":\"rsa\"}");

    Deployment deploy(Map<String, String> variables, String jwks) {
        return Deployment.onTheJvm(variables, jwks);
    }

    @Test
    void anAudienceDecidesAloneAndAClientIdOnlyWithoutOne() {
        assertAll(BOTH, """
                200 {}
                200 {"aud":["another","proxy-keys"]}
                200 {"aud":"(absent)","client_id":"app-1"}
                200 {"aud":null,"client_id":"app-2"}
                401 {"aud":"(absent)","client_id":"app-3"}
                401 {"aud":"(absent)","client_id":["app-1"]}
                401 {"aud":"(absent)","client_id":"app-1, app-2"}
                401 {"aud":"(absent)","azp":"app-1","cid":"app-1","appid":"app-1"}
                401 {"aud":"(absent)"}
                401 {"aud":"another","client_id":"app-1"}
                401 {"aud":"app-1","client_id":"app-1"}
                401 {"aud":"","client_id":"app-1"}
                401 {"aud":[],"client_id":"app-1"}
                401 {"aud":[7],"client_id":"app-1"}
                401 {"aud":{},"client_id":"app-1"}
                """);
        assertAll(CLIENTS, """
                200 {"aud":"(absent)","client_id":"app-1"}
                401 {"client_id":"app-1"}
                401 {"aud":[],"client_id":"app-1"}
                """);
        assertAll(AUDIENCE, """
                401 {"aud":"(absent)","client_id":"app-1"}
                401 {"aud":null,"client_id":"proxy-keys"}
                """);
    }

    @Test
    void anotherKindOfTokenIsRefused() {
        assertAll(BOTH, """
                200 {"token_use":"access"}
                200 {"typ":"Bearer"}
                401 {"token_use":"id"}
                401 {"token_use":"Access"}
                401 {"token_use":null}
                401 {"token_use":["access"]}
                401 {"typ":"ID"}
                401 {"typ":"Refresh"}
                401 {"typ":"Logout"}
                """);
    }

    @ParameterizedTest
    @CsvSource({ "200,JWT", "200,jwt", "200,AT+JWT", "200,application/jwt", "200,Application/at+jwt", "401,id_token", "401,logout+jwt",
            "401,JOSE" })
    void theTypeInTheHeaderIsThatOfAnAccessToken(int status, String type) {
        try (Deployment deployment = deploy(settings(AUDIENCE), Issuer.jwks(List.of(rsa)))) {
            assertEquals(status, deployment.status(Tokens.sign(rsa, header.deepCopy().put("typ", type), Tokens.claims("{}"))));
        }
    }

    @Test
    void aTypeThatIsNoTextIsRefused() {
        try (Deployment deployment = deploy(settings(AUDIENCE), Issuer.jwks(List.of(rsa)))) {
            assertEquals(401, deployment.status(Tokens.sign(rsa, header.deepCopy().put("typ", 7), Tokens.claims("{}"))));
        }
    }

    @Test
    void aTokenInATokenIsRefused() {
        String inner = Tokens.sign(rsa, header, Tokens.claims("{}"));
        try (Deployment deployment = deploy(settings(AUDIENCE), Issuer.jwks(List.of(rsa)))) {
            assertEquals(200, deployment.status(inner));
            for (String type : List.of("JWT", "jwt", "application/jwt")) {
                assertEquals(401, deployment.status(Tokens.sign(rsa, header.deepCopy().put("cty", type), inner)), type);
            }
            assertEquals(401, deployment.status(Tokens.sign(rsa, header, inner)));
        }
    }

    @Test
    void theAccountClaimNeverFallsBackToTheSubject() {
        assertAll(ACCOUNT, """
                200 {"org":"safety"}
                200 {"org":"safety","sub":"(absent)"}
                401 {}
                401 {"org":null}
                401 {"org":""}
                401 {"org":7}
                401 {"org":["safety"]}
                401 {"org":{"safety":1}}
                401 {"org":"safety\\n"}
                """);
        assertAll(AUDIENCE + ";PROXY_KEYS_TOKEN_ACCOUNT_CLAIM=a/\"b/c\"/d", """
                200 {"a":{"b/c":{"d":"safety"}}}
                401 {"a":{"b":{"c":{"d":"safety"}}}}
                401 {"a":"safety"}
                401 {}
                """);
        assertAll(AUDIENCE + ";PROXY_KEYS_TOKEN_ACCOUNT_CLAIM=https://example.com/org", """
                200 {"https://example.com/org":"safety"}
                401 {"org":"safety"}
                """);
        assertAll(AUDIENCE, """
                401 {"sub":"(absent)","org":"safety"}
                401 {"sub":7}
                """);
    }

    @Test
    void theScopesAreThoseOfOneClaim() {
        assertAll(AUDIENCE, """
                200 {"scope":["openid","proxy_keys:read"]}
                200 {"scope":"(absent)","scp":"openid proxy_keys:read"}
                200 {"scope":null,"scp":[7,"proxy_keys:read"]}
                403 {"scope":["proxy_keys:read proxy_keys:write"]}
                403 {"scope":"","scp":"proxy_keys:read"}
                403 {"scope":[],"scp":"proxy_keys:read"}
                403 {"scope":7,"scp":"proxy_keys:read"}
                403 {"scope":{"proxy_keys:read":1}}
                403 {"scope":"(absent)","scp":{"proxy_keys:read":1}}
                403 {"scope":"(absent)","roles":["proxy_keys:read"]}
                403 {"scope":"proxy_keys:reader"}
                403 {"scope":"proxy_keys:read,openid"}
                """);
        assertAll(AUDIENCE + ";PROXY_KEYS_TOKEN_SCOPE_CLAIM=roles/api", """
                200 {"roles/api":"openid proxy_keys:read"}
                200 {"roles":{"api":["proxy_keys:read"]}}
                200 {"roles":{"api":{"proxy_keys:read":{"org-2":"granted"}}}}
                403 {}
                403 {"scp":"proxy_keys:read"}
                403 {"roles/api":"openid","roles":{"api":["proxy_keys:read"]}}
                403 {"roles":"proxy_keys:read"}
                403 {"roles":[{"api":"proxy_keys:read"}]}
                """);
    }

    @Test
    void ofAnObjectOnlyWhatTheAccountHasGrantedCounts() {
        assertAll(ACCOUNT + ";PROXY_KEYS_TOKEN_SCOPE_CLAIM=roles", """
                200 {"org":"safety","roles":{"proxy_keys:read":{"safety":"granted"}}}
                200 {"org":"safety","roles":{"proxy_keys:read":{"another":"granted","safety":"granted"}}}
                200 {"org":"safety","roles":{"proxy_keys:read":true}}
                403 {"org":"safety","roles":{"proxy_keys:read":{"another":"granted"}}}
                403 {"org":"safety","roles":{"proxy_keys:read":{"another":"safety"}}}
                403 {"org":"safety","roles":{"proxy_keys:read":{}}}
                """);
        assertAll(AUDIENCE + ";PROXY_KEYS_TOKEN_ACCOUNT_CLAIM=sub;PROXY_KEYS_TOKEN_SCOPE_CLAIM=roles", """
                200 {"roles":{"proxy_keys:read":{"another":"granted"}}}
                """);
    }

    @Test
    void withAPrefixTheBareNameDoesNotCount() {
        assertAll(AUDIENCE + ";PROXY_KEYS_TOKEN_SCOPE_PREFIX=proxy-keys/", """
                200 {"scope":"openid proxy-keys/proxy_keys:read"}
                403 {"scope":"proxy_keys:read"}
                403 {"scope":"another/proxy_keys:read"}
                """);
    }

    @ParameterizedTest
    @CsvSource({ "RS256,RSA", "RS384,RSA", "RS512,RSA", "PS256,RSA", "PS384,RSA", "PS512,RSA", "ES256,P-256", "ES384,P-384", "ES512,P-521",
            "EdDSA,Ed25519" })
    void eachAlgorithmIsAcceptedIfItIsConfiguredAndOnlyThen(String algorithm, String kind) {
        PublicJsonWebKey key = Tokens.key("k", (ObjectNode) Api.json("{\"crv\":\"" + kind + "\"}"));
        String token = Tokens.sign(key, header("k", algorithm), Tokens.claims("{}"));
        String others = String.join(",", List.of(ALL.split(",")).stream().filter(each -> !each.equals(algorithm)).toList());

        assertStatus(200, AUDIENCE + ";MP_JWT_VERIFY_PUBLICKEY_ALGORITHM=" + algorithm, List.of(key), token);
        assertStatus(200, AUDIENCE + ";MP_JWT_VERIFY_PUBLICKEY_ALGORITHM=" + ALL, List.of(rsa, key), token);
        assertStatus(401, AUDIENCE + ";MP_JWT_VERIFY_PUBLICKEY_ALGORITHM=" + others, List.of(rsa, key), token);
    }

    @Test
    void aKeyServesNoAlgorithmButItsOwn() {
        rsa.setAlgorithm("RS256");
        PublicJsonWebKey another = Issuer.rsaKey("another");
        for (String algorithm : List.of("RS384", "RS512", "PS256", "PS384", "PS512")) {
            assertStatus(401, AUDIENCE + ";MP_JWT_VERIFY_PUBLICKEY_ALGORITHM=" + ALL, List.of(rsa, another),
                    Tokens.sign(rsa, header("rsa", algorithm), Tokens.claims("{}")));
            assertStatus(200, AUDIENCE + ";MP_JWT_VERIFY_PUBLICKEY_ALGORITHM=" + ALL, List.of(rsa, another),
                    Tokens.sign(another, header("another", algorithm), Tokens.claims("{}")));
        }
    }

    @Test
    void aKeySetOfWhichNoKeyCanBeUsedIsNoKeySet() {
        PublicJsonWebKey key = Tokens.key("k", (ObjectNode) Api.json("{\"crv\":\"P-384\"}"));

        assertStatus(503, AUDIENCE, List.of(key), Tokens.sign(rsa, header, Tokens.claims("{}")));
    }

    @ParameterizedTest
    @ValueSource(strings = { "RS256", "ES256", ALL })
    void aSharedSecretAndNoSignatureAreRefusedUnderEverySetting(String algorithms) {
        String claims = Tokens.claims("{}");
        try (Deployment deployment = deploy(settings(AUDIENCE + ";MP_JWT_VERIFY_PUBLICKEY_ALGORITHM=" + algorithms),
                Issuer.jwks(List.of(rsa, Tokens.key("ec", (ObjectNode) Api.json("{\"crv\":\"P-256\"}")))))) {
            for (byte[] secret : List.of(rsa.getPublicKey().getEncoded(),
                    Issuer.pem(rsa.getPublicKey()).getBytes(StandardCharsets.UTF_8))) {
                for (String algorithm : List.of("HS256", "HS384", "HS512")) {
                    assertEquals(401, deployment.status(
                            Issuer.sign(new SecretKeySpec(secret, "Hmac"), "rsa", algorithm, claims, jws -> {})));
                }
            }
            assertEquals(401, deployment.status(Issuer.sign(null, null, "none", claims, jws -> {})));
        }
    }

    @Test
    void aHeaderIsAsLongAsTheGatewayLetsThrough() {
        String token = Tokens.sign(rsa, header, Tokens.claims("{\"filler\":\"" + "x".repeat(7000) + "\"}"));
        int blanks = BearerToken.MAX_HEADER - "Bearer ".length() - token.length();
        assertTrue(blanks > 0, "a token of " + token.length());
        try (Deployment deployment = deploy(settings(AUDIENCE), Issuer.jwks(List.of(rsa)))) {
            assertEquals(200, deployment.status(" ".repeat(blanks) + token));
            assertEquals(401, deployment.status(" ".repeat(blanks + 1) + token));
        }
    }

    @Test
    void theChallengeAsksForTheScopeWithItsPrefixAndTheLogSaysWhatWasFound() {
        AccessTokens service = Deployment.service(settings(AUDIENCE + ";PROXY_KEYS_TOKEN_SCOPE_PREFIX=api/"), Issuer.jwks(List.of(rsa)));

        InsufficientScope failure = assertThrows(InsufficientScope.class, () -> verify(service,
                "{\"scope\":\"(absent)\",\"scp\":[\"proxy_keys:read\",\"b\"],\"appid\":\"app\"}"));

        assertEquals("api/proxy_keys:read", failure.scope());
        assertEquals("lacks api/proxy_keys:read: the claim scp has b proxy_keys:read (account safety, requested by app, subject safety)",
                failure.getMessage());
    }

    @Test
    void theFirstClaimThatNamesAClientCounts() {
        AccessTokens service = Deployment.service(settings(AUDIENCE), Issuer.jwks(List.of(rsa)));

        assertEquals("a", verify(service, "{\"azp\":\"a\",\"client_id\":\"b\",\"cid\":\"c\",\"appid\":\"d\"}").client());
        assertEquals("b", verify(service, "{\"client_id\":\"b\",\"cid\":\"c\",\"appid\":\"d\"}").client());
        assertEquals("c", verify(service, "{\"cid\":\"c\",\"appid\":\"d\"}").client());
        assertEquals("d", verify(service, "{\"azp\":7,\"appid\":\"d\"}").client());
    }

    @ParameterizedTest
    @CsvSource(delimiter = ';', value = { "{\"iss\":\"marker\"};(iss)", "{\"aud\":\"marker\"};(aud)", "{\"exp\":\"marker\"};wrong type",
            "{\"token_use\":\"marker\"};token_use", "{\"sub\":[\"marker\"]};wrong type", "{\"iat\":99999999998,\"exp\":99999999999};(iat)",
            "{\"nbf\":99999999998,\"exp\":99999999999};(nbf)", "{\"nbf\":99999999999};contradict" })
    void theLogNamesTheRuleAndQuotesNothingOfTheToken(String claims, String rule) {
        AccessTokens service = Deployment.service(settings(AUDIENCE), Issuer.jwks(List.of(rsa)));
        ObjectNode changed = (ObjectNode) Api.json(Tokens.claims(claims));
        changed.setAll((ObjectNode) Api.json(claims));

        InvalidToken failure = assertThrows(InvalidToken.class, () -> service.verify(
                List.of("Bearer " + Tokens.sign(rsa, header, changed.toString())), Scope.READ).await().indefinitely());

        assertTrue(failure.getMessage().contains(rule), failure.getMessage());
        assertFalse(failure.getMessage().contains("marker"), failure.getMessage());
    }

    @Test
    void theLogNamesAnAlgorithmThatIsNotAccepted() {
        AccessTokens service = Deployment.service(settings(AUDIENCE), Issuer.jwks(List.of(rsa)));

        InvalidToken failure = assertThrows(InvalidToken.class, () -> service.verify(
                List.of("Bearer " + Tokens.sign(rsa, header("rsa", "PS384"), Tokens.claims("{}"))), Scope.READ).await().indefinitely());

        assertEquals("signed with PS384, which is not one of [RS256, ES256]", failure.getMessage());
    }

    private Caller verify(AccessTokens service, String claims) {
        return service.verify(List.of("Bearer " + Tokens.sign(rsa, header, Tokens.claims(claims))), Scope.READ).await().indefinitely();
    }

    /** Each line is a status and the claims that differ from those of an accepted token. */
    private void assertAll(String settings, String table) {
        try (Deployment deployment = deploy(settings(settings), Issuer.jwks(List.of(rsa)))) {
            table.lines().forEach(line -> assertEquals(Integer.parseInt(line.substring(0, 3)),
                    deployment.status(Tokens.sign(rsa, header, Tokens.claims(line.substring(4)))), line));
        }
    }

    private void assertStatus(int status, String settings, List<PublicJsonWebKey> keys, String token) {
        try (Deployment deployment = deploy(settings(settings), Issuer.jwks(keys))) {
            assertEquals(status, deployment.status(token), settings);
        }
    }

    private static ObjectNode header(String kid, String algorithm) {
        return Api.JSON.createObjectNode().put("alg", algorithm).put("kid", kid);
    }

    /** Variables separated by semicolons, and the issuer of {@link Tokens#claims}. */
    private static Map<String, String> settings(String variables) {
        Map<String, String> settings = new LinkedHashMap<>(Map.of("MP_JWT_VERIFY_ISSUER", Issuer.NAME));
        for (String variable : variables.split(";", -1)) {
            settings.put(variable.split("=", 2)[0], variable.split("=", 2)[1]);
        }
        return settings;
    }
}
