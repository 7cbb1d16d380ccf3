package io.proxykeys.auth;

import static io.proxykeys.harness.Issuer.claims;
import static io.proxykeys.harness.Issuer.sign;
import static org.jose4j.jws.AlgorithmIdentifiers.ECDSA_USING_P256_CURVE_AND_SHA256;
import static org.jose4j.jws.AlgorithmIdentifiers.HMAC_SHA256;
import static org.jose4j.jws.AlgorithmIdentifiers.NONE;
import static org.jose4j.jws.AlgorithmIdentifiers.RSA_PSS_USING_SHA256;
import static org.jose4j.jws.AlgorithmIdentifiers.RSA_USING_SHA256;
import static org.jose4j.jws.AlgorithmIdentifiers.RSA_USING_SHA512;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.proxykeys.harness.Accounts;
import io.proxykeys.harness.Gateway;
import io.proxykeys.harness.Harness;
import io.proxykeys.harness.Issuer;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import java.nio.charset.StandardCharsets;
import java.security.Key;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import javax.crypto.spec.SecretKeySpec;
import org.jose4j.jws.JsonWebSignature;
import org.jose4j.jwt.JwtClaims;
import org.jose4j.jwt.NumericDate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Who may call, and that nothing is changed for anybody else. */
@QuarkusTest
@WithTestResource(Harness.class)
class AccessTokenTest {

    private static final Issuer ISSUER = Issuer.shared();
    @SuppressWarnings("UnnecessaryLambda") // a name for what many cases do
    private static final Consumer<JsonWebSignature> AS_IS = jws -> {};

    /** A token is made for an account at the time of the test: each test has its own account. */
    interface Token {
        String of(String account) throws Exception;
    }

    static Stream<Arguments> accepted() {
        return Stream.of(
                arguments("RS256", rs256(AS_IS, claims -> {})),
                arguments("RS256 by another key of the set", (Token) account -> sign(ISSUER.secondRsa, RSA_USING_SHA256,
                        claims(account, Issuer.DELETE), AS_IS)),
                arguments("ES256", (Token) account -> sign(ISSUER.ec, ECDSA_USING_P256_CURVE_AND_SHA256,
                        claims(account, Issuer.DELETE), AS_IS)),
                arguments("no kid, several keys fit", (Token) account -> sign(ISSUER.secondRsa.getPrivateKey(), null,
                        RSA_USING_SHA256, claims(account, Issuer.DELETE).toJson(), AS_IS)),
                arguments("typ JWT", rs256(jws -> jws.setHeader("typ", "JWT"), claims -> {})),
                arguments("typ at+jwt", rs256(jws -> jws.setHeader("typ", "at+jwt"), claims -> {})),
                arguments("typ application/at+jwt", rs256(jws -> jws.setHeader("typ", "application/at+jwt"), claims -> {})),
                arguments("one of several audiences",
                        rs256(AS_IS, claims -> claims.setAudience("another service", Issuer.AUDIENCE))),
                arguments("one of several scopes",
                        rs256(AS_IS, claims -> claims.setClaim("scope", "openid proxy_keys:delete profile"))),
                arguments("expired within the leeway", rs256(AS_IS, claims -> {
                    claims.setIssuedAt(in(-300));
                    claims.setExpirationTime(in(-20));
                })),
                arguments("nbf within the leeway", rs256(AS_IS, claims -> claims.setNotBefore(in(20)))),
                arguments("iat within the leeway", rs256(AS_IS, claims -> claims.setIssuedAt(in(20)))),
                arguments("no iat", rs256(AS_IS, claims -> claims.unsetClaim("iat"))),
                arguments("a client name nobody could store", rs256(AS_IS, claims -> claims.setClaim("client_id", "\u0000"))));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("accepted")
    void isAccepted(String name, Token token) throws Exception {
        String account = Accounts.open("10");

        assertEquals(200, call(bearer(token.of(account))).status());
    }

    @ParameterizedTest
    @ValueSource(strings = { "Bearer", "bearer", "BEARER", "bEaReR" })
    void theSchemeIsAcceptedInAnyCase(String scheme) {
        String account = Accounts.open("10");

        assertEquals(200, call(Map.of("authorization", scheme + " " + ISSUER.token(account))).status());
    }

    @ParameterizedTest
    @ValueSource(strings = { "authorization", "Authorization", "AUTHORIZATION" })
    void theHeaderIsFoundInAnyCase(String header) {
        assertEquals(200, call(Map.of(header, "Bearer " + ISSUER.token(Accounts.open("10")))).status());
    }

    static Stream<Arguments> refused() {
        return Stream.of(
                arguments("alg none", signed((Key) null, null, NONE)),
                arguments("alg none, signature kept", (Token) account -> {
                    String[] parts = ISSUER.token(account).split("\\.", -1);
                    return base64("{\"alg\":\"none\",\"kid\":\"rsa-1\"}") + "." + parts[1] + "." + parts[2];
                }),
                arguments("alg nOnE", (Token) account -> base64("{\"alg\":\"nOnE\"}") + "."
                        + base64(claims(account, Issuer.DELETE).toJson()) + "."),
                arguments("HS256 with the public key (DER)",
                        signed(new SecretKeySpec(ISSUER.rsa.getPublicKey().getEncoded(), "HmacSHA256"), "rsa-1", HMAC_SHA256)),
                arguments("HS256 with the public key (PEM)",
                        signed(new SecretKeySpec(Issuer.pem(ISSUER.rsa.getPublicKey()).getBytes(StandardCharsets.UTF_8),
                                "HmacSHA256"), "rsa-1", HMAC_SHA256)),
                arguments("RS512", signed(ISSUER.rsa.getPrivateKey(), "rsa-1", RSA_USING_SHA512)),
                arguments("PS256", signed(ISSUER.rsa.getPrivateKey(), "rsa-1", RSA_PSS_USING_SHA256)),
                arguments("ES256 under the kid of an RSA key",
                        signed(ISSUER.ec.getPrivateKey(), "rsa-1", ECDSA_USING_P256_CURVE_AND_SHA256)),
                arguments("signed by a stranger", signed(ISSUER.stranger.getPrivateKey(), "rsa-1", RSA_USING_SHA256)),
                arguments("signed by a stranger, without kid", signed(ISSUER.stranger.getPrivateKey(), null, RSA_USING_SHA256)),
                arguments("unknown kid", signed(ISSUER.stranger.getPrivateKey(), "stranger", RSA_USING_SHA256)),
                arguments("jwk header", strangerWith(jws -> jws.setHeader("jwk", ISSUER.stranger.toJson()))),
                arguments("jku header", strangerWith(jws -> jws.setHeader("jku", strangersKeySet()))),
                arguments("x5u header", strangerWith(jws -> jws.setHeader("x5u", strangersKeySet()))),
                arguments("crit header", rs256(jws -> {
                    jws.setHeader("crit", List.of("exp"));
                    jws.setHeader("exp", 1);
                }, claims -> {})),
                arguments("changed claims", (Token) account -> {
                    String[] parts = ISSUER.token("another account").split("\\.", -1);
                    return parts[0] + "." + base64(claims(account, Issuer.DELETE).toJson()) + "." + parts[2];
                }),
                arguments("no signature", (Token) account -> ISSUER.token(account).replaceAll("\\.[^.]*$", ".")),
                arguments("crit with an extension that the library knows", rs256(jws -> {
                    jws.setHeader("crit", List.of("b64"));
                    jws.setHeader("b64", true);
                }, claims -> {})),
                arguments("padding", (Token) account -> ISSUER.token(account) + "="),
                arguments("something after the token", (Token) account -> ISSUER.token(account) + "!"),
                arguments("blanks in the token", (Token) account -> ISSUER.token(account).replace(".", ". ")),
                arguments("a line break in the token", (Token) account -> ISSUER.token(account).replaceFirst("(.{30})$", "\n$1")),
                arguments("an odd blank before the token", (Token) account -> "\u2003" + ISSUER.token(account)),
                arguments("encrypted", (Token) account -> ISSUER.token(account) + ".a.b"),
                arguments("typ secevent+jwt", rs256(jws -> jws.setHeader("typ", "secevent+jwt"), claims -> {})),
                arguments("typ dpop+jwt", rs256(jws -> jws.setHeader("typ", "dpop+jwt"), claims -> {})),
                arguments("typ empty", rs256(jws -> jws.setHeader("typ", ""), claims -> {})),
                arguments("no exp", rs256(AS_IS, claims -> claims.unsetClaim("exp"))),
                arguments("exp no number", rs256(AS_IS, claims -> claims.setClaim("exp", "tomorrow"))),
                arguments("expired", rs256(AS_IS, claims -> {
                    claims.setIssuedAt(in(-300));
                    claims.setExpirationTime(in(-40));
                })),
                arguments("nbf in the future", rs256(AS_IS, claims -> claims.setNotBefore(in(60)))),
                arguments("iat in the future", rs256(AS_IS, claims -> claims.setIssuedAt(in(60)))),
                arguments("no iss", rs256(AS_IS, claims -> claims.unsetClaim("iss"))),
                arguments("another iss", rs256(AS_IS, claims -> claims.setIssuer("https://issuer.test"))),
                arguments("no aud", rs256(AS_IS, claims -> claims.unsetClaim("aud"))),
                arguments("another aud", rs256(AS_IS, claims -> claims.setAudience("proxy-keys-staging"))),
                arguments("no sub", rs256(AS_IS, claims -> claims.unsetClaim("sub"))),
                arguments("empty sub", rs256(AS_IS, claims -> claims.setSubject(""))),
                arguments("sub a number", rs256(AS_IS, claims -> claims.setClaim("sub", 7))),
                arguments("sub too long", rs256(AS_IS, claims -> claims.setSubject("a".repeat(256)))),
                arguments("sub with a control character",
                        rs256(AS_IS, claims -> claims.setSubject(claimedSubject(claims) + "\n"))),
                arguments("sub with half a surrogate pair",
                        rs256(AS_IS, claims -> claims.setSubject(claimedSubject(claims) + "\ud800"))),
                arguments("an unknown account", rs256(AS_IS, claims -> claims.setSubject("nobody"))),
                arguments("a proxy key", (Token) account -> Accounts.secret(account, "key")),
                arguments("an API key", (Token) account -> "ek-0123456789abcdef"),
                arguments("no JWT", (Token) account -> "x.y.z"),
                arguments("two tokens in one header", (Token) account -> ISSUER.token(account) + ",Bearer " + ISSUER.token(account)),
                arguments("20 kB", (Token) account -> "a".repeat(20_000)));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("refused")
    void isRefusedAndNothingChanges(String name, Token token) throws Exception {
        String account = Accounts.open("10");
        Accounts.createKey(account, "key", "1");
        List<String> before = Accounts.everything(account);

        Gateway.Result result = call(bearer(token.of(account)));

        assertEquals(401, result.status());
        assertTrue(result.header("WWW-Authenticate").startsWith("Bearer realm="), result.header("WWW-Authenticate"));
        assertTrue(result.header("WWW-Authenticate").contains("error=\"invalid_token\""));
        assertEquals("application/problem+json", result.header("Content-Type"));
        assertEquals(before, Accounts.everything(account));
    }

    @Test
    void everyInvalidTokenGetsTheSameAnswer() throws Exception {
        String account = Accounts.open("10");
        String expected = call(bearer("x.y.z")).body();
        for (Arguments variant : refused().toList()) {
            assertEquals(expected, call(bearer(((Token) variant.get()[1]).of(account))).body(), variant.get()[0].toString());
        }
    }

    static Stream<Arguments> withoutToken() {
        return Stream.of(
                arguments(Map.of()),
                arguments(Map.of("authorization", "")),
                arguments(Map.of("authorization", "Bearer")),
                arguments(Map.of("authorization", "Bearer   ")),
                arguments(Map.of("authorization", "Basic YTpi")),
                arguments(Map.of("authorization", "Bearerx")),
                arguments(Map.of("x-authorization", "Bearer " + ISSUER.token("a"))));
    }

    @ParameterizedTest
    @MethodSource("withoutToken")
    void withoutATokenTheChallengeNamesNoError(Map<String, String> headers) {
        Gateway.Result result = call(headers);

        assertEquals(401, result.status());
        assertEquals("Bearer realm=\"proxy-keys\"", result.header("WWW-Authenticate"));
    }

    @Test
    void twoAuthorizationHeadersAreRefused() {
        String account = Accounts.open("10");
        String token = "Bearer " + ISSUER.token(account);

        assertEquals(401, call(Map.of("authorization", token, "Authorization", token)).status());
    }

    @Test
    void aHeaderWithoutValueIsNoToken() {
        ObjectNode event = Gateway.event("DELETE", "/v1/auth/proxy", "", Map.of());
        ((ObjectNode) event.get("headers")).putNull("authorization");

        assertEquals(401, Gateway.invoke(event).status());
    }

    static Stream<Arguments> withoutScope() {
        return Stream.of(
                arguments("an ID token", rs256(AS_IS, claims -> claims.unsetClaim("scope"))),
                arguments("the scope to read", rs256(AS_IS, claims -> claims.setClaim("scope", "proxy_keys:read"))),
                arguments("a longer scope", rs256(AS_IS, claims -> claims.setClaim("scope", "proxy_keys:delete_all"))),
                arguments("another case", rs256(AS_IS, claims -> claims.setClaim("scope", "PROXY_KEYS:DELETE"))),
                arguments("a list whose string holds two", rs256(AS_IS,
                        claims -> claims.setStringListClaim("scope", "proxy_keys:delete proxy_keys:read"))),
                arguments("an object", rs256(AS_IS, claims -> claims.setClaim("scope", Map.of("proxy_keys:delete", true)))),
                arguments("empty", rs256(AS_IS, claims -> claims.setClaim("scope", ""))),
                arguments("scp beside an empty scope", rs256(AS_IS, claims -> {
                    claims.setClaim("scope", "");
                    claims.setClaim("scp", "proxy_keys:delete");
                })),
                arguments("scp beside another scope", rs256(AS_IS, claims -> {
                    claims.setClaim("scope", "proxy_keys:read");
                    claims.setClaim("scp", "proxy_keys:delete");
                })),
                arguments("another claim", rs256(AS_IS, claims -> {
                    claims.unsetClaim("scope");
                    claims.setStringListClaim("permissions", "proxy_keys:delete");
                })));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("withoutScope")
    void aTokenWithoutTheScopeIsForbidden(String name, Token token) throws Exception {
        String account = Accounts.open("10");
        Accounts.createKey(account, "key", "1");
        List<String> before = Accounts.everything(account);

        Gateway.Result result = call(bearer(token.of(account)));

        assertEquals(403, result.status());
        assertEquals("Bearer realm=\"proxy-keys\", error=\"insufficient_scope\", scope=\"proxy_keys:delete\"",
                result.header("WWW-Authenticate"));
        assertNull(result.header("Retry-After"));
        assertEquals(before, Accounts.everything(account));
    }

    private static Gateway.Result call(Map<String, String> headers) {
        return Gateway.invoke(Gateway.event("DELETE", "/v1/auth/proxy", "", headers));
    }

    private static Map<String, String> bearer(String token) {
        return Map.of("authorization", "Bearer " + token);
    }

    private static Token rs256(Consumer<JsonWebSignature> header, Consumer<JwtClaims> change) {
        return account -> {
            JwtClaims claims = claims(account, Issuer.DELETE);
            change.accept(claims);
            return sign(ISSUER.rsa, RSA_USING_SHA256, claims, header);
        };
    }

    private static Token signed(Key key, String kid, String algorithm) {
        return account -> sign(key, kid, algorithm, claims(account, Issuer.DELETE).toJson(), AS_IS);
    }

    private static Token strangerWith(Consumer<JsonWebSignature> header) {
        return account -> sign(ISSUER.stranger, RSA_USING_SHA256, claims(account, Issuer.DELETE), header);
    }

    private static String strangersKeySet() {
        return "http://127.0.0.1:1/strangers.json";
    }

    private static String claimedSubject(JwtClaims claims) {
        return (String) claims.getClaimValue("sub");
    }

    private static NumericDate in(long seconds) {
        return NumericDate.fromSeconds(NumericDate.now().getValue() + seconds);
    }

    private static String base64(String text) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }
}
