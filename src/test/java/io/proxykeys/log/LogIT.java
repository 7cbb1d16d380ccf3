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
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The log of the native function: JSON from the first line on, with what an operator has to know. */
class LogIT {

    private static final Issuer ISSUER = Issuer.shared();

    @Test
    void everyLineOfACallHasTheIdThatItsAnswerHas() {
        String account = Accounts.open("250");
        List<String> keys = Accounts.createFiveKeys(account);
        try (NativeFunction function = start(Map.of())) {
            Gateway.Result deleted = function.invoke(Gateway.deleteAll(ISSUER.token(account)));
            Gateway.Result refused = function.invoke(Gateway.deleteAll(ISSUER.token(account) + "x"));
            Gateway.Result nowhere = function.invoke(Gateway.event("DELETE", Api.PROXY + "/", "", Map.of()));

            assertEquals(List.of("started", "proxy_keys_revoked", "call_refused"), function.events());
            JsonNode revoked = function.log().get(1);
            assertEquals(deleted.header("X-Request-Id"), revoked.get("aws_request_id").textValue());
            assertEquals("test-client", revoked.get("requested_by").textValue());
            assertEquals(5, revoked.get("KeysDeleted").intValue());
            List<String> named = new ArrayList<>();
            revoked.get("key_ids").forEach(id -> named.add(id.textValue()));
            assertEquals(keys, named);
            assertEquals("[[\"FunctionName\"],[\"FunctionName\",\"trigger\",\"operation\"]]", dimensions(revoked));
            assertEquals("request", revoked.get("trigger").textValue());
            JsonNode unauthorized = function.log().get(2);
            assertEquals(refused.header("X-Request-Id"), unauthorized.get("aws_request_id").textValue());
            assertEquals("401", unauthorized.get("status").textValue());
            assertEquals("the signature is not that of the key", unauthorized.get("reason").textValue());
            assertEquals(1, unauthorized.get("RefusedCalls").intValue());
            assertFalse(nowhere.header("X-Request-Id").isEmpty());
        }
    }

    @Test
    void theFirstLineCountsTheStartByTheNameOfTheFunction() {
        try (NativeFunction function = start(Map.of("AWS_LAMBDA_FUNCTION_NAME", "keys-prod"))) {
            JsonNode started = function.log().get(0);

            assertEquals(1, started.get("ColdStart").intValue());
            assertEquals("keys-prod", started.get("FunctionName").textValue());
            assertEquals("[[\"FunctionName\"]]", dimensions(started));
        }
    }

    @Test
    void aLackingScopeALimitAndAToggleLeaveALine() {
        String account = Accounts.open("250");
        Accounts.createFiveKeys(account);
        String secret = Accounts.secret(account, "unused");
        try (NativeFunction function = start(Map.of("PROXY_KEYS_LIMIT_DELETE_ALL_BURST", "1"))) {
            function.invoke(Gateway.deleteAll(ISSUER.token(account, "proxy_keys:read")));
            Gateway.Result toggled = function.invoke(Gateway.event("POST", Api.PROXY + "/toggle", "",
                    Map.of("authorization", "Bearer " + ISSUER.token(account), "content-type", "application/json"))
                    .put("body", "{\"proxy_key\":\"" + secret + "\"}"));
            assertEquals(200, toggled.status(), toggled.body());
            function.invoke(Gateway.deleteAll(ISSUER.token(account)));
            assertEquals(429, function.invoke(Gateway.deleteAll(ISSUER.token(account))).status());

            assertEquals(List.of("started", "call_refused", "proxy_key_toggled", "proxy_keys_revoked", "call_refused"), function.events());
            JsonNode forbidden = function.log().get(1);
            assertEquals("403", forbidden.get("status").textValue());
            assertTrue(forbidden.get("reason").textValue().contains("proxy_keys:delete"), forbidden.toString());
            JsonNode switched = function.log().get(2);
            assertEquals(account, switched.get("account_id").textValue());
            assertFalse(switched.get("is_active").booleanValue());
            assertTrue(switched.get("key").textValue().startsWith("sha256:"), switched.toString());
            JsonNode limited = function.log().get(4);
            assertEquals("429", limited.get("status").textValue());
            assertEquals(account, limited.get("account_id").textValue());
            assertFalse(String.join("\n", function.output()).contains(secret), "a secret is in the log");
        }
    }

    @Test
    void aDatabaseThatIsGoneIsCountedAndItsExceptionIsPartOfTheLine() {
        try (NativeFunction function = NativeFunction.start(NativeFunction.environment(1, ISSUER.keyServer().location()))
                .awaitFirstPoll()) {
            assertEquals(503, function.invoke(Gateway.deleteAll(ISSUER.token("a"))).status());

            JsonNode unavailable = function.log().get(function.log().size() - 1);
            assertEquals("503", unavailable.get("status").textValue());
            assertEquals(1, unavailable.get("DatabaseUnavailable").intValue());
            assertEquals("ERROR", unavailable.get("level").textValue());
            assertTrue(unavailable.get("exception").textValue().contains("\tat "), unavailable.toString());
        }
    }

    /** Nobody gets an answer to an alert: the log has to say why it failed. */
    @ParameterizedTest
    @CsvSource({ "proxy-keys.security,Account Compromised,alert_failed", "proxy-keys.maintenance,Purge Receipts,maintenance_failed" })
    void anEventThatTheDatabaseKeepsFromBeingCarriedOutIsCounted(String source, String detailType, String event) {
        try (NativeFunction function = NativeFunction.start(NativeFunction.environment(1, ISSUER.keyServer().location()))
                .awaitFirstPoll()) {
            ObjectNode envelope = Api.JSON.createObjectNode().put("version", "0").put("id", "event-1").put("detail-type", detailType)
                    .put("source", source).put("account", "111122223333").put("time", "2026-11-22T23:00:00Z").put("region", "eu-central-1");
            envelope.putArray("resources");
            envelope.putObject("detail").put("account_id", "a1");

            assertTrue(function.invoke(envelope).functionError());

            JsonNode failed = function.log().stream().filter(line -> line.path("event").asText().equals(event)).findFirst().orElseThrow();
            assertEquals(1, failed.get("DatabaseUnavailable").intValue());
            assertFalse(failed.get("aws_request_id").textValue().isEmpty());
            assertTrue(failed.get("exception").textValue().contains("DatabaseUnavailable"), failed.toString());
        }
    }

    @Test
    void anAlertThatIsMalformedIsALineButNotTheDatabasesFault() {
        try (NativeFunction function = start(Map.of())) {
            assertTrue(function.invoke(Api.JSON.createObjectNode().put("source", "proxy-keys.security")).functionError());

            JsonNode failed = function.log().stream().filter(line -> line.path("event").asText().equals("alert_failed")).findFirst()
                    .orElseThrow();
            assertEquals("ERROR", failed.get("level").textValue());
            assertFalse(failed.has("DatabaseUnavailable"));
        }
    }

    @Test
    void anAnswerThatLambdaRefusesIsOneErrorAndIsCountedAndTheNextCallIsServed() {
        String account = Accounts.open("250");
        Accounts.createFiveKeys(account);
        try (NativeFunction function = start(Map.of())) {
            function.takeAtMost(1_000);
            ObjectNode list = Gateway.event("GET", Api.PROXY, "", Map.of("authorization", "Bearer " + ISSUER.token(account)));
            assertTrue(function.invoke(list).functionError());
            assertEquals(200, function.invoke(Gateway.deleteAll(ISSUER.token(account))).status());

            assertEquals(List.of("started", "answer_refused", "proxy_keys_revoked"), function.events());
            JsonNode refused = function.log().get(1);
            assertEquals("ERROR", refused.get("level").textValue());
            assertEquals(1, refused.get("RefusedCalls").intValue());
            assertFalse(refused.get("aws_request_id").textValue().isEmpty());
            assertTrue(refused.get("exception").textValue().contains("413"), refused.toString());
        }
    }

    private static String dimensions(JsonNode line) {
        return line.get("_aws").get("CloudWatchMetrics").get(0).get("Dimensions").toString();
    }

    private static NativeFunction start(Map<String, String> settings) {
        Map<String, String> environment = new HashMap<>(NativeFunction.environment(Postgres.shared().port(), ISSUER.keyServer()
                .location()));
        environment.putAll(settings);
        return NativeFunction.start(environment).awaitFirstPoll();
    }
}
