package io.proxykeys.key;

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
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Secrets of the native function: unlike those of another instance, never in a log, and fast to make. */
class SecretsIT {

    private static final Map<String, String> ENVIRONMENT = NativeFunction.environment(Postgres.shared().port(),
            Issuer.shared().keyServer().location());

    private final String account = Accounts.open("10000");
    private final List<String> secrets = new ArrayList<>();

    /** A random number generator that was seeded when the image was built would repeat itself in every instance. */
    @Test
    void noTwoInstancesMakeTheSameSecretsOrIdentifiers() {
        List<String> identifiers = new ArrayList<>();
        for (int instance = 0; instance < 3; instance++) {
            try (NativeFunction function = NativeFunction.start(ENVIRONMENT).awaitFirstPoll()) {
                for (int i = 0; i < 5; i++) {
                    JsonNode key = post(function, "create", "{\"name\":\"key\",\"allocated_ammount\":1}");
                    secrets.add(key.get("key").textValue());
                    identifiers.add(key.get("id").textValue());
                }
            }
        }
        assertEquals(15, new HashSet<>(secrets).size(), "secrets");
        assertEquals(15, new HashSet<>(identifiers).size(), identifiers.toString());
        // Not even in part: two random texts of 40 characters do not begin with the same eight.
        assertEquals(15, secrets.stream().map(secret -> secret.substring(12, 20)).distinct().count(), "beginnings of secrets");
    }

    @Test
    void noSecretIsInTheLog() {
        try (NativeFunction function = NativeFunction.start(ENVIRONMENT).awaitFirstPoll()) {
            String secret = post(function, "create", "{\"name\":\"key\",\"allocated_ammount\":1}").get("key").textValue();
            post(function, "lookup", "{\"proxy_key\":\"" + secret + "\"}");
            post(function, "update", "{\"proxy_key\":\"" + secret + "\",\"name\":\"other\"}");
            post(function, "toggle", "{\"proxy_key\":\"" + secret + "\"}");
            String rotation = "{\"proxy_key\":\"" + secret + "\",\"overlap_seconds\":60}";
            String rotated = post(function, "rotate", rotation).at("/keys/0/key").textValue();
            post(function, "suspend", "{\"proxy_keys\":[\"" + rotated + "\"]}");
            String receipt = post(function, "remove", "{\"proxy_key\":\"" + rotated + "\"}").get("revocation_id").textValue();
            post(function, "recreate", "{\"revocation_id\":\"" + receipt + "\"}");
            // Refused in every way.
            invoke(function, "lookup", "{\"proxy_key\":\"" + secret + "\"}");
            invoke(function, "lookup", "{\"proxy_key\":\"" + secret + "\",\"a\":1}");
            invoke(function, "rotate", rotation);
            invoke(function, secret, "{}");
            invoke(function, "create", "{\"name\":\"" + secret + "\",\"allocated_ammount\":1}");

            String log = String.join("\n", function.output());
            assertFalse(log.contains("ek-proxy-sk-"), "a secret is in the log");
            for (String event : List.of("proxy_key_created", "proxy_key_updated", "proxy_keys_rotated", "proxy_keys_suspended",
                    "proxy_keys_recreated")) {
                assertEquals(1, log.split(event, -1).length - 1, event);
            }
        }
    }

    @Test
    void aThousandKeysAreRecreatedWithinTwoSecondsOfProcessorTime() {
        Postgres.shared().execute("""
                INSERT INTO proxy_key (id, account_id, name, secret_hash, allocated, model_whitelist, ip_whitelist)
                SELECT 'ek-proxy-' || a.id || '-' || n, a.id, 'key', sha256((a.id || n)::bytea), 1, '{large,small}', '{10.0.0.0/8}'
                  FROM account a, generate_series(1, 1000) n WHERE a.id = ?""", account);
        try (NativeFunction function = NativeFunction.start(ENVIRONMENT).awaitFirstPoll()) {
            String receipt = invoke(function, Gateway.event("DELETE", Api.PROXY, "", headers())).get("revocation_id").textValue();
            Duration before = function.processorTime();
            long began = System.nanoTime();

            JsonNode answer = post(function, "recreate", "{\"revocation_id\":\"" + receipt + "\"}");

            Duration waited = Duration.ofNanos(System.nanoTime() - began);
            Duration used = function.processorTime().minus(before);
            System.out.println("1,000 keys recreated in " + waited.toMillis() + " ms, with " + used.toMillis() + " ms of processor time");
            assertEquals(1000, answer.get("recreated").intValue());
            assertTrue(used.compareTo(Duration.ofSeconds(2)) < 0, used.toString());
            assertTrue(waited.compareTo(Duration.ofSeconds(2)) < 0, waited.toString());
        }
    }

    private JsonNode post(NativeFunction function, String operation, String body) {
        return invoke(function, Gateway.event("POST", Api.PROXY + "/" + operation, "", headers()).put("body", body));
    }

    private static JsonNode invoke(NativeFunction function, ObjectNode event) {
        Gateway.Result result = function.invoke(event);
        assertEquals(200, result.status(), result.body());
        return result.json();
    }

    private void invoke(NativeFunction function, String operation, String body) {
        function.invoke(Gateway.event("POST", Api.PROXY + "/" + operation, "", headers()).put("body", body));
    }

    private Map<String, String> headers() {
        return Map.of("authorization", "Bearer " + Issuer.shared().token(account), "content-type", "application/json");
    }
}
