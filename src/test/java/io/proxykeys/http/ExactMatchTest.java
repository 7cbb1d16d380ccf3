package io.proxykeys.http;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.proxykeys.harness.Accounts;
import io.proxykeys.harness.Gateway;
import io.proxykeys.harness.Harness;
import io.proxykeys.harness.Issuer;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jose4j.jwk.RsaJsonWebKey;
import org.jose4j.jws.AlgorithmIdentifiers;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Method and path have to be exactly those of a route; anything else is 404 and costs neither SQL nor a signature. */
@QuarkusTest
@WithTestResource(Harness.class)
class ExactMatchTest {

    private static final Issuer ISSUER = Issuer.shared();

    static Stream<Arguments> variants() {
        Stream<String> paths = Stream.of(
                "/v1/auth/proxy/", "/v1/auth/proxy//", "//v1/auth/proxy", "/v1//auth/proxy", "/v1/auth//proxy",
                "/v1/auth/proxy;a=b", "/v1/auth/proxy;", "/v1;x/auth/proxy", "/v1/auth;v=1/proxy",
                "/v1/auth/./proxy", "/v1/auth/proxy/.", "/./v1/auth/proxy", "/v1/auth/x/../proxy", "/v1/auth/proxy/../proxy",
                "/v1/auth/proxy/..", "/../v1/auth/proxy", "/v1/auth/..;/auth/proxy",
                "/v1/auth/%70roxy", "/v1/auth/prox%79", "/%76%31/auth/proxy", "/v1%2Fauth%2Fproxy", "/v1/auth%2fproxy",
                "/v1/auth/proxy%2F", "/v1/auth/proxy%2f", "/v1/auth/proxy%20", "/v1/auth/proxy%00", "/v1/auth/proxy%0a",
                "/v1/auth/%2e/proxy", "/v1/auth/x/%2e%2e/proxy", "/v1/auth/%252e/proxy", "/v1/auth/proxy%3Fstatus=expired",
                "/v1/auth/proxy%", "/v1/auth/proxy%zz", "/v1/auth/proxy%c0%af", "/v1/auth/%EF%BD%90roxy",
                "/V1/auth/proxy", "/v1/Auth/proxy", "/v1/auth/Proxy", "/V1/AUTH/PROXY",
                "/v1/auth/proxy/anything", "/v1/auth/proxy/remove/x", "/v1/auth/proxy/create", "/v1/auth/proxy/recreate",
                "/v1/auth/proxy/lookup", "/v1/auth/proxy/update", "/v1/auth/proxy/revocation", "/v1/auth/proxy/delete/",
                "/v1/auth/proxy//delete", "/v1/auth/proxy/Delete", "/v1/auth/proxy/delet%65", "/v1/auth/proxy/delete;a=b",
                "/v1/auth/proxy/./delete", "/v1/auth/proxy/delete/ek-proxy-5f0c3d1e9a7b4c2d8e6f0a1b2c3d4e5f", "/v1/auth/proxy/delete/all",
                "/v1/auth/proxies", "/v1/auth/prox", "/v1/auth/proxyy",
                "/v1/auth/proxy.json", "/v1/auth/proxy?", "/v1/auth/proxy?status=expired", "/v1/auth/proxy#", "/v1/auth",
                "/v1/auth/", "/v1", "/", "", "*", "v1/auth/proxy", "/prod/v1/auth/proxy", "/$default/v1/auth/proxy",
                "\\v1\\auth\\proxy", "/v1\\auth\\proxy", " /v1/auth/proxy", "/v1/auth/proxy ", "/v1/auth/proxy\t",
                "/v1/auth/proxy\n", "/v1/auth/proxy\r\nX: y", "/v1/auth/proxy\u0000", "/v1/auth/pro\u200bxy",
                "/v1/auth/\uff50roxy", "/v1/auth/pr\u043exy", "http://api.example.com/v1/auth/proxy", "/q/health",
                "/q/openapi", "/_lambda_", "/v1/auth/proxy/" + "a".repeat(8000));
        Stream<String> methods = Stream.of("OPTIONS", "HEAD", "PUT", "PATCH", "TRACE", "CONNECT", "POST", "delete", "Delete",
                "DELETE ", " DELETE", "DELETE\n", "DELETE /", "", "DELETED", "PROPFIND", "\u0130");
        return Stream.concat(paths.map(path -> arguments("DELETE", path)),
                methods.map(method -> arguments(method, "/v1/auth/proxy")));
    }

    @ParameterizedTest(name = "{0} {1}")
    @MethodSource("variants")
    void anythingElseIsNotFound(String method, String path) {
        String account = Accounts.open("10");
        Accounts.createKey(account, "key", "1");
        List<String> before = Accounts.everything(account);

        Gateway.Result result = Gateway.invoke(Gateway.event(method, path, "", bearer(ISSUER.token(account))));

        assertEquals(404, result.status());
        assertEquals(before, Accounts.everything(account));
        result.assertIsProblem(404);
    }

    @Test
    void noStatementRunsAndNoSignatureIsVerified() {
        RsaJsonWebKey unknown = Issuer.rsaKey("never-published-" + System.nanoTime());
        String account = Accounts.open("1");
        String token = Issuer.sign(unknown, AlgorithmIdentifiers.RSA_USING_SHA256, Issuer.claims(account, Issuer.DELETE),
                jws -> {});
        Harness.tap().reset();
        int fetches = ISSUER.keyServer().fetches();

        // For longer than the pause between two fetches: a token with an unknown key, if it were verified, would cause one.
        await().during(Duration.ofMillis(1100)).until(() -> {
            variants().forEach(variant -> assertEquals(404, Gateway.invoke(Gateway.event((String) variant.get()[0],
                    (String) variant.get()[1], "", bearer(token))).status()));
            return ISSUER.keyServer().fetches() == fetches;
        });

        assertEquals(0, Harness.tap().roundTrips());
        // The same token on the exact path is verified, so the counter counts.
        assertEquals(401, Gateway.invoke(Gateway.event("DELETE", "/v1/auth/proxy", "", bearer(token))).status());
        assertEquals(fetches + 1, ISSUER.keyServer().fetches());
    }

    @Test
    void aRefusedTokenReachesNoDatabase() {
        Harness.tap().reset();

        assertEquals(401, Gateway.invoke(Gateway.event("DELETE", "/v1/auth/proxy", "", Map.of())).status());
        assertEquals(403, Gateway.invoke(Gateway.event("DELETE", "/v1/auth/proxy", "",
                bearer(ISSUER.token("a", "proxy_keys:read")))).status());

        assertEquals(0, Harness.tap().roundTrips());
    }

    @Test
    void refusalsComeInTheOrderOfTheContract() {
        Map<String, String> badKey = Map.of("idempotency-key", "a,b");
        Map<String, String> badKeyAndScope = Map.of("idempotency-key", "a,b",
                "authorization", "Bearer " + ISSUER.token("a", "proxy_keys:read"));
        Map<String, String> badKeyOnly = Map.of("idempotency-key", "a,b", "authorization", "Bearer " + ISSUER.token("a"));

        assertEquals(404, Gateway.invoke(Gateway.event("DELETE", "/v1/auth/proxy/", "bad", badKey)).status());
        assertEquals(401, Gateway.invoke(Gateway.event("DELETE", "/v1/auth/proxy", "bad", badKey)).status());
        assertEquals(403, Gateway.invoke(Gateway.event("DELETE", "/v1/auth/proxy", "bad", badKeyAndScope)).status());
        assertEquals(400, Gateway.invoke(Gateway.event("DELETE", "/v1/auth/proxy", "bad", badKeyOnly)).status());
    }

    private static Map<String, String> bearer(String token) {
        return Map.of("authorization", "Bearer " + token);
    }
}
