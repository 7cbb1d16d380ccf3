package io.proxykeys.start;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.proxykeys.harness.Accounts;
import io.proxykeys.harness.Api;
import io.proxykeys.harness.Gateway;
import io.proxykeys.harness.Issuer;
import io.proxykeys.harness.KeyServer;
import io.proxykeys.harness.NameServer;
import io.proxykeys.harness.NativeFunction;
import io.proxykeys.harness.Postgres;
import io.proxykeys.harness.WireTap;
import io.proxykeys.harness.WireTap.Fault;
import io.proxykeys.revocation.LiveStatements;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jose4j.jwk.JsonWebKey;
import org.jose4j.jws.AlgorithmIdentifiers;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The native function with nothing but its environment. */
class StartIT {

    private static final Issuer ISSUER = Issuer.shared();

    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(strings = { "QUARKUS_DATASOURCE_REACTIVE_URL", "QUARKUS_DATASOURCE_USERNAME", "QUARKUS_DATASOURCE_PASSWORD",
            "MP_JWT_VERIFY_ISSUER", "MP_JWT_VERIFY_AUDIENCES", "MP_JWT_VERIFY_PUBLICKEY_LOCATION" })
    void aMissingSettingStopsTheStartWithOneLineNamingIt(String variable) {
        Map<String, String> environment = environment(ISSUER.keyServer().location());
        environment.remove(variable);
        stopsNaming(variable, environment);
        environment.put(variable, "  ");
        stopsNaming(variable, environment);
    }

    @ParameterizedTest
    @CsvSource({ "QUARKUS_DATASOURCE_REACTIVE_URL,localhost:5432", "QUARKUS_DATASOURCE_REACTIVE_URL,postgresql://host:port/db",
            "QUARKUS_DATASOURCE_REACTIVE_URL,jdbc:postgresql://localhost/db", "QUARKUS_DATASOURCE_REACTIVE_URL,mysql://localhost/db",
            "QUARKUS_DATASOURCE_REACTIVE_URL,'postgresql://one/app,postgresql://two/app'",
            "QUARKUS_DATASOURCE_REACTIVE_URL,'postgresql://one:5432,two:5432/app'",
            "QUARKUS_DATASOURCE_REACTIVE_URL,postgresql://db/app?target_session_attrs=read-write",
            "PROXY_KEYS_DATABASE_AUTHENTICATION,kerberos",
            "MP_JWT_VERIFY_PUBLICKEY_LOCATION,http://example.com/jwks.json", "MP_JWT_VERIFY_PUBLICKEY_LOCATION,ftp://example.com/k",
            "MP_JWT_VERIFY_PUBLICKEY_LOCATION,https://", "MP_JWT_VERIFY_PUBLICKEY_LOCATION,not a location",
            "PROXY_KEYS_LIMIT_DELETE_ALL_PER_MINUTE,many", "PROXY_KEYS_LIMIT_DELETE_ALL_BURST,0",
            "PROXY_KEYS_KEYS_BETWEEN_FETCHES,soon", "PROXY_KEYS_LIMIT_REMOVE_BRUST,60",
            "MP_JWT_VERIFY_PUBLICKEY_ALGORITHM,HS256", "PROXY_KEYS_TOKEN_CLIENT_IDS,','", "PROXY_KEYS_TOKEN_SCOPE_PREFIX,a b",
            "PROXY_KEYS_TOKEN_SCOPE_CLAIM,a/\"b", "PROXY_KEYS_TOKEN_ACCOUNT_CLAIM,a/\"b" })
    void aMalformedSettingStopsTheStartWithOneLineNamingIt(String variable, String value) {
        Map<String, String> environment = environment(ISSUER.keyServer().location());
        environment.put(variable, value);
        stopsNaming(variable, environment);
    }

    @Test
    void severalMistakesAreNamedAtOnceInALineEach() {
        try (NativeFunction function = NativeFunction.start(Map.of("MP_JWT_VERIFY_ISSUER", Issuer.NAME,
                "QUARKUS_DATASOURCE_REACTIVE_URL", "localhost", "PROXY_KEYS_LIMIT_REMOVE_BURST", "-1"))) {
            assertEquals(1, function.awaitExit());
            assertEquals(List.of(
                    "proxy-keys: cannot start: QUARKUS_DATASOURCE_REACTIVE_URL is not a PostgreSQL URL such as "
                            + "postgresql://host:5432/database",
                    "proxy-keys: cannot start: QUARKUS_DATASOURCE_USERNAME is not set: the PostgreSQL user",
                    "proxy-keys: cannot start: QUARKUS_DATASOURCE_PASSWORD is not set: the password of the PostgreSQL user",
                    "proxy-keys: cannot start: MP_JWT_VERIFY_AUDIENCES is not set: the audience (aud) of access tokens, or else "
                            + "PROXY_KEYS_TOKEN_CLIENT_IDS for tokens that have none",
                    "proxy-keys: cannot start: MP_JWT_VERIFY_PUBLICKEY_LOCATION is not set: where the keys that sign access tokens are: "
                            + "https:, file: or a class path resource",
                    "proxy-keys: cannot start: PROXY_KEYS_LIMIT_REMOVE_BURST must be a whole number, 1 or more"), function.output());
        }
    }

    @Test
    void settingsOfAFileCountAndABlankVariableHasItsDefault() throws IOException {
        Map<String, String> environment = environment(ISSUER.keyServer().location());
        environment.remove("MP_JWT_VERIFY_ISSUER");
        environment.put("PROXY_KEYS_LIMIT_DELETE_ALL_BURST", " ");
        Path file = Files.writeString(folder.resolve("settings.properties"),
                "mp.jwt.verify.issuer=" + Issuer.NAME + "\nproxy-keys.limit.delete-all.per-minute=x\n");
        environment.put("QUARKUS_CONFIG_LOCATIONS", file.toUri().toString());
        stopsNaming("PROXY_KEYS_LIMIT_DELETE_ALL_PER_MINUTE", environment);

        Files.writeString(file, "mp.jwt.verify.issuer=" + Issuer.NAME + "\n");
        try (NativeFunction function = NativeFunction.start(environment).awaitFirstPoll()) {
            assertEquals(200, function.invoke(request(ISSUER.token(Accounts.open("1")))).status());
        }
    }

    @Test
    void aKeyFileWithoutKeyStopsTheStart() throws IOException {
        Path file = Files.writeString(folder.resolve("keys"), "nonsense");
        stopsNaming("MP_JWT_VERIFY_PUBLICKEY_LOCATION", environment(file.toUri().toString()));
    }

    @Test
    void aKeyFileWhoseKeysCannotBeUsedStopsTheStartAndTheLineNamesTheirKinds() throws IOException {
        Path file = Files.writeString(folder.resolve("keys"), Issuer.jwks(List.of(ISSUER.ec)));
        Map<String, String> environment = environment(file.toUri().toString());
        environment.put("MP_JWT_VERIFY_PUBLICKEY_ALGORITHM", "RS256,EdDSA");

        try (NativeFunction function = NativeFunction.start(environment)) {
            assertEquals(1, function.awaitExit());
            assertEquals(List.of("proxy-keys: cannot start: MP_JWT_VERIFY_PUBLICKEY_LOCATION holds no usable key: it holds EC P-256, and"
                    + " MP_JWT_VERIFY_PUBLICKEY_ALGORITHM accepts [RS256, EdDSA]"), function.output());
        }
    }

    @Test
    void aDatabaseAndAKeySetThatCannotBeReachedDoNotStopTheStart() {
        Map<String, String> environment = NativeFunction.environment(1, "https://127.0.0.1:1/jwks.json");
        try (NativeFunction function = NativeFunction.start(environment).awaitFirstPoll()) {
            Gateway.Result noKey = function.invoke(request(ISSUER.token("a")));
            assertEquals(503, noKey.status());
            assertTrue(Integer.parseInt(noKey.header("Retry-After")) > 0);
            assertEquals(401, function.invoke(Gateway.event("DELETE", "/v1/auth/proxy", "", Map.of())).status());
            assertEquals(404, function.invoke(Gateway.event("DELETE", "/v1/auth/proxy/", "", Map.of())).status());
        }
    }

    @Test
    void theFirstRequestFindsTheConnectionOpenAndTheStatementsPrepared() {
        WireTap tap = new WireTap(Postgres.shared().port());
        String account = Accounts.open("250");
        Accounts.createFiveKeys(account);
        List<String> before = Postgres.shared().rows("SELECT * FROM revocation WHERE account_id = ''");
        try (NativeFunction function = NativeFunction.start(NativeFunction.environment(tap.port(), ISSUER.keyServer().location()))
                .awaitFirstPoll()) {
            assertTrue(tap.statements().contains(LiveStatements.REVOCATION), tap.statements().toString());
            tap.reset();

            assertEquals(200, function.invoke(request(ISSUER.token(account))).status());

            assertEquals(4, tap.roundTrips());
            assertEquals(List.of("started", "proxy_keys_revoked"), function.events());
        }
        assertEquals(before, Postgres.shared().rows("SELECT * FROM revocation WHERE account_id = ''"));
    }

    @Test
    void aSilentDatabaseDelaysTheStartByTwoSecondsAtMost() {
        WireTap tap = new WireTap(Postgres.shared().port());
        tap.fault(Fault.SILENCE);
        String account = Accounts.open("1");
        long start = System.nanoTime();
        try (NativeFunction function = NativeFunction.start(NativeFunction.environment(tap.port(), ISSUER.keyServer().location()))
                .awaitFirstPoll()) {
            assertTrue(System.nanoTime() - start < 3_000_000_000L);
            assertEquals(503, function.invoke(request(ISSUER.token(account))).status());
            tap.fault(Fault.NONE);
            assertEquals(200, function.invoke(request(ISSUER.token(account))).status());
        }
    }

    @Test
    void aKeySourceThatComesBackIsUsedWithoutARestart() {
        KeyServer server = new KeyServer(Issuer.jwks(List.of(ISSUER.rsa)));
        server.down(true);
        try (NativeFunction function = NativeFunction.start(environment(server.location())).awaitFirstPoll()) {
            assertEquals(503, function.invoke(request(ISSUER.token(Accounts.open("1")))).status());
            server.down(false);
            await().until(() -> function.invoke(request(ISSUER.token(Accounts.open("1")))).status() == 200);
        }
    }

    @Test
    void aPemFileWithAnRsaKeyVerifiesRs256() throws IOException {
        serves(Issuer.pem(ISSUER.rsa.getPublicKey()), ISSUER.token(Accounts.open("1")));
    }

    @Test
    void aPemFileWithAnEcKeyVerifiesEs256() throws IOException {
        serves(Issuer.pem(ISSUER.ec.getPublicKey()), es256(Accounts.open("1")));
    }

    @Test
    void aKeySetFileVerifiesBoth() throws IOException {
        String keys = Issuer.jwks(List.<JsonWebKey>of(ISSUER.rsa, ISSUER.ec));
        serves(keys, ISSUER.token(Accounts.open("1")));
        serves(keys, es256(Accounts.open("1")));
    }

    @Test
    void theLogSaysWhatWasRevokedAndNothingSecret() throws IOException {
        String account = Accounts.open("250");
        Accounts.createFiveKeys(account);
        String token = ISSUER.token(account);
        try (NativeFunction function = NativeFunction.start(environment(ISSUER.keyServer().location())).awaitFirstPoll()) {
            Gateway.Result result = function.invoke(request(token));
            assertEquals(401, function.invoke(request(token + "x")).status());

            assertEquals(List.of("started", "proxy_keys_revoked", "call_refused"), function.events());
            JsonNode line = function.log().get(1);
            assertEquals(account, line.get("account_id").textValue());
            assertEquals(result.json().get("revocation_id"), line.get("revocation_id"));
            assertEquals(5, line.get("keys_deleted").intValue());
            assertTrue(function.output().get(1).contains("\"credits_returned\":174.500000"), function.output().get(1));
            String all = String.join("\n", function.output());
            assertFalse(all.contains(token.substring(token.length() - 40)), "the token's signature is in the log");
            assertFalse(all.contains(Postgres.PASSWORD), "the password is in the log");
        }
    }

    @Test
    void nothingOfTheDemoIsInTheFunction() throws IOException {
        String binary = new String(Files.readAllBytes(NativeFunction.binary()), StandardCharsets.ISO_8859_1);
        assertTrue(binary.contains("io.proxykeys.http.Route"), "the names of classes are in the binary");
        assertFalse(binary.contains("io.proxykeys.dev."));
        assertFalse(binary.contains("demo.invalid"));
    }

    @Test
    void twoCopiesTogetherLetExactlyTheBurstThrough() {
        String account = Accounts.open("1");
        Map<String, String> environment = environment(ISSUER.keyServer().location());
        try (NativeFunction one = NativeFunction.start(environment).awaitFirstPoll();
                NativeFunction two = NativeFunction.start(environment).awaitFirstPoll()) {
            var calls = IntStream.range(0, 30)
                    .mapToObj(i -> (i % 2 == 0 ? one : two).invokeAsync(request(ISSUER.token(account)))).toList();

            List<Integer> statuses = calls.stream().map(call -> call.join().status()).toList();

            assertEquals(10, statuses.stream().filter(status -> status == 200).count(), statuses.toString());
            assertEquals(20, statuses.stream().filter(status -> status == 429).count(), statuses.toString());
            assertEquals(10, Accounts.receipts(account));
        }
    }

    @Test
    void identicalRequestsToTwoCopiesAtOnceAreOneRevocation() {
        Map<String, String> environment = environment(ISSUER.keyServer().location());
        try (NativeFunction one = NativeFunction.start(environment).awaitFirstPoll();
                NativeFunction two = NativeFunction.start(environment).awaitFirstPoll()) {
            for (int round = 0; round < 20; round++) {
                String account = Accounts.open("250");
                Accounts.createFiveKeys(account);
                var event = Gateway.event("DELETE", "/v1/auth/proxy", "",
                        Map.of("authorization", "Bearer " + ISSUER.token(account), "idempotency-key", "same"));

                var first = one.invokeAsync(event);
                var second = two.invokeAsync(event);

                assertEquals(first.join().body(), second.join().body());
                assertEquals(1, List.of(first.join(), second.join()).stream()
                        .filter(result -> "true".equals(result.header("Idempotency-Replayed"))).count());
                assertEquals(1, Accounts.receipts(account));
            }
        }
    }

    @Test
    void theSameAlertToTwoCopiesAtOnceIsOneRevocation() {
        Map<String, String> environment = environment(ISSUER.keyServer().location());
        try (NativeFunction one = NativeFunction.start(environment).awaitFirstPoll();
                NativeFunction two = NativeFunction.start(environment).awaitFirstPoll()) {
            for (int round = 0; round < 20; round++) {
                String account = Accounts.open("250");
                Accounts.createFiveKeys(account);
                var event = Api.json("""
                        {"version":"0","id":"alert-%s","detail-type":"Account Compromised","source":"proxy-keys.security",
                         "time":"%s","detail":{"account_id":"%s"}}""".formatted(round, Instant.now().plusSeconds(1), account));

                var first = one.invokeAsync(event);
                var second = two.invokeAsync(event);

                assertFalse(first.join().functionError(), first.join().payload().toString());
                assertEquals(5, first.join().payload().get("deleted").intValue());
                assertEquals(first.join().payload(), second.join().payload());
                assertEquals(1, Accounts.receipts(account));
            }
        }
    }

    /** {@code bootstrap} calls what the system may lack, or may have no processor and memory for. */
    @Test
    void aFunctionThatCannotBeReadAheadStartsAllTheSame() {
        Map<String, String> environment = environment(ISSUER.keyServer().location());
        environment.put("PATH", folder.toString());
        try (NativeFunction function = NativeFunction.start(environment).awaitFirstPoll()) {
            assertEquals(200, function.invoke(request(ISSUER.token(Accounts.open("1")))).status());
            assertEquals("started", function.events().get(0));
        }
    }

    /** As in a network without a name server, where the name of the host is in no file either. */
    @Test
    void nobodyIsAskedForTheNameOfTheHost() throws IOException {
        try (NameServer names = new NameServer();
                NativeFunction function = onAHostWithoutNames(environment(ISSUER.keyServer().location())).awaitFirstPoll()) {
            assertEquals(200, function.invoke(request(ISSUER.token(Accounts.open("1")))).status());
            assertEquals(0, names.questions());
        }
    }

    /** Lambda ends a start that takes 10 s. */
    @Test
    void aNameServerThatDoesNotAnswerIsGivenUpInTimeAndAskedAgain() throws Exception {
        Map<String, String> environment = environment(ISSUER.keyServer().location());
        environment.put("QUARKUS_DATASOURCE_REACTIVE_URL", "postgresql://database.example.com:" + Postgres.shared().port() + "/postgres");
        JsonNode request = request(ISSUER.token(Accounts.open("1")));
        long started = System.nanoTime();
        try (NameServer names = new NameServer(); NativeFunction function = onAHostWithoutNames(environment).awaitFirstPoll()) {
            Duration start = Duration.ofNanos(System.nanoTime() - started);
            long called = System.nanoTime();
            Gateway.Result refused = function.invoke(request);
            Duration call = Duration.ofNanos(System.nanoTime() - called);

            assertTrue(start.compareTo(Duration.ofSeconds(8)) < 0, start.toString());
            assertEquals(503, refused.status(), refused.body());
            assertTrue(call.compareTo(Duration.ofSeconds(8)) < 0, call.toString());
            assertTrue(names.questions() > 0);

            names.answer(InetAddress.getLoopbackAddress());
            // For 10 s it is remembered that there was no answer.
            await().atMost(Duration.ofSeconds(11)).until(() -> function.invoke(request).status() == 200);
        }
    }

    private NativeFunction onAHostWithoutNames(Map<String, String> environment) throws IOException {
        return NativeFunction.start(environment, Files.writeString(folder.resolve("hosts"), "127.0.0.1 localhost\n"), "sandbox.invalid");
    }

    private void serves(String keys, String token) throws IOException {
        Path file = Files.writeString(folder.resolve("keys"), keys);
        try (NativeFunction function = NativeFunction.start(environment(file.toUri().toString())).awaitFirstPoll()) {
            assertEquals(200, function.invoke(request(token)).status());
        }
    }

    private static void stopsNaming(String variable, Map<String, String> environment) {
        try (NativeFunction function = NativeFunction.start(environment)) {
            assertEquals(1, function.awaitExit());
            assertEquals(1, function.output().size(), function.output().toString());
            assertTrue(function.output().get(0).contains(variable), function.output().toString());
        }
    }

    private static Map<String, String> environment(String keyLocation) {
        return NativeFunction.environment(Postgres.shared().port(), keyLocation);
    }

    private static JsonNode request(String token) {
        return Gateway.deleteAll(token);
    }

    private static String es256(String account) {
        return Issuer.sign(ISSUER.ec, AlgorithmIdentifiers.ECDSA_USING_P256_CURVE_AND_SHA256,
                Issuer.claims(account, Issuer.DELETE), jws -> {});
    }
}
