package io.proxykeys.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.proxykeys.harness.Accounts;
import io.proxykeys.harness.Api;
import io.proxykeys.harness.Gateway;
import io.proxykeys.harness.Issuer;
import io.proxykeys.harness.NativeFunction;
import io.proxykeys.harness.Postgres;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the log of the native function says of changes, of their repeats and of alerts, and what is counted in these lines. */
class ChangeLinesIT {

    private static final Issuer ISSUER = Issuer.shared();

    private final Postgres database = Postgres.shared();
    private final String account = Accounts.open("250");
    private final List<String> keys = Accounts.createFiveKeys(account);

    @Test
    void aSuspensionItsEndAndARotationLeaveALineEach() {
        try (NativeFunction function = start()) {
            Gateway.Result suspended = call(function, "POST", "/suspend", "", "");
            String suspension = suspended.json().get("suspension_id").textValue();
            Gateway.Result resumed = call(function, "POST", "/resume", "{\"suspension_id\":\"" + suspension + "\"}", "");
            Gateway.Result rotated = call(function, "POST", "/rotate", "{\"proxy_keys\":[\"" + keys.get(1) + "\",\"" + keys.get(0)
                    + "\"],\"overlap_seconds\":60}", "");

            assertEquals(List.of("started", "proxy_keys_suspended", "proxy_keys_resumed", "proxy_keys_rotated"), function.events());
            List<JsonNode> log = function.log();
            JsonNode suspending = log.get(1);
            assertIsOf(suspended, suspending);
            assertEquals(suspension, suspending.get("suspension_id").textValue());
            assertEquals("request", suspending.get("trigger").textValue());
            assertEquals("all", suspending.get("operation").textValue());
            assertEquals(4, suspending.get("KeysSuspended").intValue());
            assertEquals("[\"KeysSuspended\"]", metrics(suspending));
            JsonNode resuming = log.get(2);
            assertIsOf(resumed, resuming);
            assertEquals(suspension, resuming.get("suspension_id").textValue());
            assertEquals(4, resuming.get("keys_resumed").intValue());
            JsonNode rotating = log.get(3);
            assertIsOf(rotated, rotating);
            assertEquals(List.of(keys.get(1), keys.get(0)), texts(rotating.get("key_ids")));
            assertEquals(2, rotating.get("KeysRotated").intValue());
            assertEquals("[\"KeysRotated\"]", metrics(rotating));
        }
    }

    @Test
    void aRepeatedCallSaysThatItIsOneAndIsNotCounted() {
        try (NativeFunction function = start()) {
            Gateway.Result suspended = call(function, "POST", "/suspend", "", "s");
            call(function, "POST", "/suspend", "", "s");
            Gateway.Result deleted = call(function, "DELETE", "", "", "d");
            call(function, "DELETE", "", "", "d");

            assertEquals(List.of("started", "proxy_keys_suspended", "suspension_replayed", "proxy_keys_revoked", "revocation_replayed"),
                    function.events());
            assertIsARepeat(function.log().get(2), suspended.json());
            assertIsARepeat(function.log().get(4), deleted.json());
        }
    }

    @Test
    void aRepeatedAlertSaysThatItIsOneAndIsNotCounted() {
        ObjectNode event = Gateway.alert(account, UUID.randomUUID().toString(), Instant.now());
        try (NativeFunction function = start()) {
            event.withObject("/detail").put("action", "suspend");
            JsonNode suspended = succeeds(function, event);
            succeeds(function, event);
            event.withObject("/detail").put("action", "delete");
            JsonNode deleted = succeeds(function, event);
            succeeds(function, event);

            assertEquals(List.of("started", "proxy_keys_suspended", "suspension_replayed", "proxy_keys_revoked", "revocation_replayed"),
                    function.events());
            assertIsARepeat(function.log().get(2), suspended);
            assertIsARepeat(function.log().get(4), deleted);
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            delete  | ["KeysDeleted","CreditsReturned","Revocations","AlertAge"]
            suspend | ["KeysSuspended","AlertAge"]
            """)
    void theLineOfAnAlertHasItsAgeAndHowManyKeysWereSpared(String action, String metrics) {
        Duration age = Duration.ofHours(2);
        Instant detectedAt = Instant.now().minus(age);
        database.execute("UPDATE proxy_key SET created_at = '2026-01-01' WHERE id = ?", keys.get(0));
        ObjectNode event = Gateway.alert(account, UUID.randomUUID().toString(), detectedAt);
        event.withObject("/detail").put("action", action).put("reported_by", "scanner");
        try (NativeFunction function = start()) {
            succeeds(function, event);

            JsonNode line = function.log().get(1);
            long most = Duration.between(detectedAt, Instant.now()).toMillis();
            long logged = line.get("AlertAge").longValue();
            assertTrue(logged >= age.toMillis() && logged <= most, line.toString());
            assertEquals(metrics, metrics(line));
            assertEquals("alert", line.get("trigger").textValue());
            assertEquals("proxy-keys.security", line.get("requested_by").textValue());
            assertEquals("scanner", line.get("reported_by").textValue());
            assertEquals(account, line.get("account_id").textValue());
            assertEquals(4, line.get("keys_spared").intValue());
        }
    }

    @Test
    void theLineOfAnOldSecretNamesItsKey() {
        String hash = hash(Accounts.secret(account, "unused"));
        try (NativeFunction function = start()) {
            call(function, "POST", "/rotate", "{\"proxy_key\":\"" + keys.get(1) + "\",\"overlap_seconds\":60}", "");
            succeeds(function, about(hash));

            JsonNode line = function.log().get(2);
            assertEquals("old_secret", line.get("operation").textValue());
            assertEquals(List.of(keys.get(1)), texts(line.get("key_ids")));
            assertEquals(0, line.get("KeysDeleted").intValue());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = { "delete", "suspend" })
    void anUnknownLeakedKeyIsALineWithTheFirstDigitsOfItsHash(String action) {
        String hash = hash("never a key of " + account);
        ObjectNode event = about(hash);
        event.withObject("/detail").put("action", action);
        try (NativeFunction function = start()) {
            succeeds(function, event);

            assertEquals(List.of("started", "unknown_leaked_key"), function.events());
            JsonNode line = function.log().get(1);
            assertEquals("sha256:" + hash.substring(0, 8), line.get("key").textValue());
            assertFalse(function.output().get(1).contains(hash.substring(0, 9)), "more of the hash is in the log");
            assertEquals(1, line.get("UnknownLeakedKeys").intValue());
            assertEquals("[\"UnknownLeakedKeys\"]", metrics(line));
        }
    }

    @Test
    void theLineOfADeletionNamesTheOldest100Keys() {
        String many = Accounts.open("0");
        database.execute("""
                INSERT INTO proxy_key (id, account_id, name, secret_hash, allocated, created_at)
                SELECT 'ek-proxy-' || a.id || '-' || n, a.id, 'key', sha256((a.id || n)::bytea), 0,
                       timestamptz '2026-01-01' + n * interval '1 s'
                  FROM account a, generate_series(1, 150) n WHERE a.id = ?""", many);
        List<String> oldest = new ArrayList<>();
        for (int n = 1; n <= 100; n++) {
            oldest.add("ek-proxy-" + many + "-" + n);
        }
        try (NativeFunction function = start()) {
            assertEquals(200, function.invoke(Gateway.deleteAll(ISSUER.token(many))).status());

            JsonNode line = function.log().get(1);
            assertEquals(150, line.get("keys_deleted").intValue());
            assertEquals(oldest, texts(line.get("key_ids")));
        }
    }

    /** What every line of a call has. */
    private void assertIsOf(Gateway.Result answer, JsonNode line) {
        assertEquals(answer.header("X-Request-Id"), line.get("aws_request_id").textValue());
        assertEquals(account, line.get("account_id").textValue());
        assertEquals("test-client", line.get("requested_by").textValue());
        assertEquals(account, line.get("subject").textValue());
    }

    private static void assertIsARepeat(JsonNode line, JsonNode first) {
        String id = first.has("suspension_id") ? "suspension_id" : "revocation_id";
        assertEquals(first.get(id), line.get(id));
        assertTrue(line.get("message").textValue().contains("repeated"), line.toString());
        assertFalse(line.has("_aws"), line.toString());
    }

    private static String metrics(JsonNode line) {
        List<String> names = line.at("/_aws/CloudWatchMetrics/0/Metrics").findValuesAsText("Name");
        assertEquals("[\"FunctionName\"]", line.at("/_aws/CloudWatchMetrics/0/Dimensions/0").toString());
        return Api.JSON.valueToTree(names).toString();
    }

    private static List<String> texts(JsonNode array) {
        List<String> texts = new ArrayList<>();
        array.forEach(text -> texts.add(text.textValue()));
        return texts;
    }

    private Gateway.Result call(NativeFunction function, String method, String path, String body, String idempotencyKey) {
        Map<String, String> headers = new HashMap<>(Map.of("authorization", "Bearer " + ISSUER.token(account)));
        if (!idempotencyKey.isEmpty()) {
            headers.put("idempotency-key", idempotencyKey);
        }
        if (!body.isEmpty()) {
            headers.put("content-type", "application/json");
        }
        ObjectNode event = Gateway.event(method, Api.PROXY + path, "", headers);
        Gateway.Result answer = function.invoke(body.isEmpty() ? event : event.put("body", body));
        assertEquals(200, answer.status(), answer.body());
        return answer;
    }

    private static ObjectNode about(String hash) {
        ObjectNode event = Gateway.alert("", UUID.randomUUID().toString(), Instant.now()).put("detail-type", "Proxy Key Compromised");
        event.putObject("detail").put("key_sha256", hash);
        return event;
    }

    private static JsonNode succeeds(NativeFunction function, ObjectNode event) {
        Gateway.Result result = function.invoke(event);
        assertFalse(result.functionError(), result.payload().toString());
        return result.payload();
    }

    private String hash(String secret) {
        return database.one(String.class, "SELECT encode(sha256(?::bytea), 'hex')", secret);
    }

    private static NativeFunction start() {
        return NativeFunction.start(NativeFunction.environment(Postgres.shared().port(), ISSUER.keyServer().location())).awaitFirstPoll();
    }
}
