package io.proxykeys.alert;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.proxykeys.harness.Accounts;
import io.proxykeys.harness.Api;
import io.proxykeys.harness.Gateway;
import io.proxykeys.harness.Harness;
import io.proxykeys.harness.Issuer;
import io.proxykeys.harness.Notifications;
import io.proxykeys.harness.Postgres;
import io.proxykeys.harness.WireTap.Fault;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Security alerts: events that EventBridge invokes the function with. */
@QuarkusTest
@WithTestResource(Harness.class)
class SecurityAlertTest {

    private final Postgres database = Postgres.shared();

    @AfterEach
    void healTheWire() {
        Harness.tap().reset();
    }

    @Test
    void everyKeyThatExistedGoesAndTheReceiptIsTheAnswer() throws Exception {
        String account = Accounts.open("250");
        Accounts.createFiveKeys(account);
        ObjectNode event = event(account);
        ((ObjectNode) event.get("detail")).put("reason", "key found in a public repository");
        try (Notifications notifications = new Notifications()) {
            JsonNode answer = succeeds(event);

            assertEquals("{\"message\":\"Proxy keys deleted\",\"deleted\":5,\"credits_returned\":174.500000,\"balance\":174.500000,"
                    + "\"revocation_id\":" + answer.get("revocation_id") + ",\"revoked_at\":" + answer.get("revoked_at")
                    + ",\"keys_spared\":0}", answer.toString());
            assertEquals(0, Accounts.keys(account));
            assertEquals(List.of("alert|all|" + event.get("id").textValue() + "|proxy-keys.security|key found in a public repository|5|0|"),
                    database.rows("""
                            SELECT trigger, operation, dedupe_key, requested_by, reason, keys_deleted, keys_spared
                              FROM revocation WHERE account_id = ?""", account));
            assertEquals(1, notifications.about(account).size());
        }
    }

    @Test
    void theSameEventTwentyTimesEightAtOnceIsOneRevocation() {
        String account = Accounts.open("250");
        Accounts.createFiveKeys(account);
        ObjectNode event = event(account);
        Set<String> answers = new HashSet<>();

        IntStream.range(0, 12).forEach(i -> answers.add(succeeds(event).toString()));
        List<CompletableFuture<String>> atOnce = Stream.generate(() -> CompletableFuture.supplyAsync(() -> succeeds(event).toString()))
                .limit(8).toList();
        atOnce.forEach(answer -> answers.add(answer.join()));

        assertEquals(1, answers.size(), answers.toString());
        assertEquals(1, Accounts.receipts(account));
        assertEquals(new BigDecimal("174.500000"), Accounts.balance(account));
    }

    @Test
    void aKeyMadeAfterTheIncidentSurvivesWithItsCredits() {
        String account = Accounts.open("100");
        String old = Accounts.createKey(account, "old", "10");
        String fresh = Accounts.createKey(account, "fresh", "20");
        database.execute("UPDATE proxy_key SET created_at = '2026-01-01 10:00:00.5+00' WHERE id = ?", old);
        database.execute("UPDATE proxy_key SET created_at = '2026-01-01 10:00:01+00' WHERE id = ?", fresh);
        ObjectNode event = event(account);
        // Without a fraction: until the end of that second.
        ((ObjectNode) event.get("detail")).put("detected_at", "2026-01-01T10:00:00Z");

        JsonNode answer = succeeds(event);

        assertEquals(1, answer.get("deleted").intValue());
        assertEquals(1, answer.get("keys_spared").intValue());
        assertEquals(List.of(fresh + "|20.000000|"), database.rows("SELECT id, allocated FROM proxy_key WHERE account_id = ?", account));
        assertEquals(new BigDecimal("80.000000"), Accounts.balance(account));
        assertEquals(answer, succeeds(event), "delivered again");
    }

    @Test
    void aFractionIsTakenAtItsWord() {
        String account = Accounts.open("100");
        String key = Accounts.createKey(account, "key", "10");
        database.execute("UPDATE proxy_key SET created_at = '2026-01-01 10:00:00.500001+00' WHERE id = ?", key);
        ObjectNode event = event(account);
        ((ObjectNode) event.get("detail")).put("detected_at", "2026-01-01T11:00:00.5+01:00");
        assertEquals(0, succeeds(event).get("deleted").intValue());
        ((ObjectNode) event.get("detail")).put("detected_at", "2026-01-01T11:00:00.500001+0100");
        assertEquals(1, succeeds(event.put("id", UUID.randomUUID().toString())).get("deleted").intValue());
    }

    @Test
    void anAlertThatSuspendsAnswersAsASuspensionAndSaysWhyInIt() {
        String account = Accounts.open("250");
        List<String> keys = Accounts.createFiveKeys(account);
        database.execute("UPDATE proxy_key SET created_at = '2026-01-01' WHERE account_id = ? AND id <> ?", account, keys.get(0));
        ObjectNode event = event(account);
        ((ObjectNode) event.get("detail")).put("action", "suspend").put("detected_at", "2026-02-01T00:00:00Z")
                .put("reason", "not confirmed yet").put("url", "https://gist.example.com/1").put("reported_by", "scanner");

        JsonNode answer = succeeds(event);

        assertEquals("{\"message\":\"Proxy keys suspended\",\"suspended\":3,\"suspension_id\":" + answer.get("suspension_id")
                + ",\"suspended_at\":" + answer.get("suspended_at") + ",\"keys_spared\":1}", answer.toString());
        assertEquals(List.of(answer.get("suspension_id").textValue()
                + "|alert|all|proxy-keys.security|scanner|not confirmed yet|https://gist.example.com/1|3|1|"), database.rows("""
                        SELECT id, trigger, operation, requested_by, reported_by, reason, url, keys_suspended, keys_spared
                          FROM suspension WHERE account_id = ?""", account));
        assertEquals(List.of(keys.get(0) + "|"), database.rows("SELECT id FROM proxy_key WHERE account_id = ? AND is_active", account));
        assertEquals(0, Accounts.receipts(account));
        assertEquals(answer, succeeds(event), "delivered again");
    }

    @Test
    void theSameIncidentIsAnotherAlertForAnotherActionAndFromAnotherReporter() {
        String account = Accounts.open("250");
        Accounts.createFiveKeys(account);
        ObjectNode event = event(account);
        ObjectNode detail = ((ObjectNode) event.get("detail")).put("incident_id", "i").put("action", "suspend");
        assertEquals(4, succeeds(event).get("suspended").intValue());

        detail.put("action", "delete");
        assertEquals(5, succeeds(event).get("deleted").intValue());

        Accounts.createKey(account, "key", "1");
        detail.put("detected_at", Instant.now().toString());
        assertEquals(5, succeeds(event).get("deleted").intValue(), "the first receipt");
        assertEquals(1, Accounts.keys(account));
        detail.put("reported_by", "another");
        assertEquals(1, succeeds(event).get("deleted").intValue());
    }

    @Test
    void withoutDetectedAtTheTimeOfTheEnvelopeCounts() {
        String account = Accounts.open("100");
        Accounts.createKey(account, "key", "10");
        ObjectNode event = event(account).put("time", "2026-01-01T10:00:00Z");
        ((ObjectNode) event.get("detail")).remove("detected_at");

        assertEquals(1, succeeds(event).get("keys_spared").intValue());
    }

    @Test
    void aBlockKeepsNewKeysFromBeingMadeAndIsNeverShortened() {
        String account = Accounts.open("100");
        ObjectNode event = event(account);
        ((ObjectNode) event.get("detail")).put("block_new_keys_seconds", 3600);
        succeeds(event);
        String blocked = blockedUntil(account);
        assertTrue(database.one(Boolean.class, """
                SELECT new_keys_blocked_until BETWEEN now() + interval '59 minutes' AND now() + interval '1 hour'
                  FROM account WHERE id = ?""", account));

        for (int seconds : new int[] { 0, 60 }) {
            ObjectNode another = event(account);
            ((ObjectNode) another.get("detail")).put("block_new_keys_seconds", seconds);
            succeeds(another);
            assertEquals(blocked, blockedUntil(account));
        }
        assertThrows(IllegalStateException.class, () -> Accounts.createKey(account, "key", "1"));
    }

    @Test
    void alertsAreNeverLimited() {
        String account = Accounts.open("1");
        for (int i = 0; i < 15; i++) {
            succeeds(event(account));
        }
        assertEquals(200, Api.deleteAll(account).statusCode(), "and are not counted against the account's own calls");
    }

    @Test
    void anAlertAndARequestAtTheSameMomentDeleteEachKeyOnce() {
        for (int round = 0; round < 5; round++) {
            String account = Accounts.open("250");
            Accounts.createFiveKeys(account);
            CompletableFuture<JsonNode> alert = CompletableFuture.supplyAsync(() -> succeeds(event(account)));
            JsonNode request = Api.json(Api.deleteAll(account));

            assertEquals(5, alert.join().get("deleted").intValue() + request.get("deleted").intValue());
            assertEquals(2, Accounts.receipts(account));
            assertEquals(new BigDecimal("174.500000"), Accounts.balance(account));
        }
    }

    @Test
    void withTheDatabaseDownItIsAFunctionErrorAndReplayedItRevokes() {
        String account = Accounts.open("250");
        Accounts.createFiveKeys(account);
        ObjectNode event = event(account);
        Harness.tap().fault(Fault.REFUSE);
        Harness.tap().closeConnections();

        Gateway.Result failed = Gateway.invoke(event);
        assertTrue(failed.functionError(), failed.payload().toString());
        assertTrue(failed.payload().get("errorType").textValue().endsWith("AlertFailed"), failed.payload().toString());
        Harness.tap().reset();

        assertEquals(5, succeeds(event).get("deleted").intValue());
    }

    @ParameterizedTest
    @ValueSource(strings = { "account-compromised", "proxy-key-compromised", "security-hub-finding-transformed" })
    void theSampleEventsRevoke(String sample) throws Exception {
        String account = Accounts.open("250");
        Accounts.createFiveKeys(account);
        database.execute("UPDATE proxy_key SET created_at = '2026-01-01' WHERE account_id = ?", account);
        ObjectNode event = (ObjectNode) sample(sample);
        ((ObjectNode) event.get("detail")).put("account_id", account);

        assertEquals(5, succeeds(event).get("deleted").intValue());
    }

    @Test
    void membersThatARequestWouldHaveDoNotKeepAnAlertFromBeingCarriedOut() {
        String account = Accounts.open("250");
        Accounts.createFiveKeys(account);
        ObjectNode event = event(account).put("headers", 1).put("cookies", "a=b").put("rawPath", 7).put("isBase64Encoded", "yes")
                .put("queryStringParameters", "status=expired");
        event.putObject("body").put("a", 1);
        event.putArray("rawQueryString").add(1);
        event.putObject("version").putNull("a");
        event.putObject("resources").put("region", 1);

        assertEquals(5, succeeds(event).get("deleted").intValue());
    }

    @Test
    void aFindingOfSecurityHubThatWasNotTransformedIsAFunctionError() throws Exception {
        assertTrue(Gateway.invoke(sample("security-hub-finding")).functionError());
    }

    private static JsonNode sample(String name) throws IOException {
        return Api.json(Files.readString(Path.of("src/test/resources/events/" + name + ".json")));
    }

    static Stream<Arguments> refused() {
        return Stream.of(
                bad("another source", event -> event.put("source", "aws.securityhub")),
                bad("no source", event -> event.remove("source")),
                bad("source in another case", event -> event.put("source", "Proxy-Keys.Security")),
                bad("source not a text", event -> event.putArray("source").add("proxy-keys.security")),
                bad("another detail-type", event -> event.put("detail-type", "Security Hub Findings - Imported")),
                bad("no detail-type", event -> event.remove("detail-type")),
                bad("no id", event -> event.remove("id")),
                bad("empty id", event -> event.put("id", "")),
                bad("id not a text", event -> event.put("id", 7)),
                bad("id too long", event -> event.put("id", "a".repeat(513))),
                bad("id with a control character", event -> event.put("id", "a\u0000")),
                bad("no detail", event -> event.remove("detail")),
                bad("detail not an object", event -> event.put("detail", "{}")),
                bad("detail null", event -> event.putNull("detail")),
                inDetail("no account_id", detail -> detail.remove("account_id")),
                inDetail("account_id empty", detail -> detail.put("account_id", "")),
                inDetail("account_id null", detail -> detail.putNull("account_id")),
                inDetail("account_id a number", detail -> detail.put("account_id", 7)),
                inDetail("account_id too long", detail -> detail.put("account_id", "a".repeat(256))),
                inDetail("account_id with a control character", detail -> detail.put("account_id", detail.get("account_id").asText()
                        + "\n")),
                inDetail("unknown account", detail -> detail.put("account_id", "nobody")),
                inDetail("a day that does not exist", detail -> detail.put("detected_at", "2026-02-30T10:00:00Z")),
                inDetail("detected_at no time", detail -> detail.put("detected_at", "yesterday")),
                inDetail("detected_at without a zone", detail -> detail.put("detected_at", "2026-01-01T10:00:00")),
                inDetail("detected_at a number", detail -> detail.put("detected_at", 1764000000)),
                inDetail("detected_at before 1970", detail -> detail.put("detected_at", "0001-01-01T00:00:00Z")),
                inDetail("detected_at in the future", detail -> detail.put("detected_at", in(6))),
                inDetail("block negative", detail -> detail.put("block_new_keys_seconds", -1)),
                inDetail("block too long", detail -> detail.put("block_new_keys_seconds", 3601)),
                inDetail("block a text", detail -> detail.put("block_new_keys_seconds", "60")),
                inDetail("block a fraction", detail -> detail.put("block_new_keys_seconds", 0.5)),
                bad("a time of the envelope that is none", event -> {
                    ((ObjectNode) event.get("detail")).remove("detected_at");
                    event.put("time", "now");
                }),
                bad("a requestContext", event -> event.putObject("requestContext")),
                bad("a requestContext that is null", event -> event.putNull("requestContext")),
                bad("a failure record of Lambda", event -> {
                    ObjectNode payload = event.deepCopy();
                    event.put("version", "1.0").put("timestamp", "2026-11-22T23:00:00Z").set("requestPayload", payload);
                    event.putObject("requestContext").put("requestId", "1").put("condition", "RetriesExhausted");
                }));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("refused")
    void whatIsNoProperAlertIsAFunctionErrorAndChangesNothing(String name, Consumer<ObjectNode> change) {
        String account = Accounts.open("250");
        Accounts.createFiveKeys(account);
        List<String> before = Accounts.everything(account);
        ObjectNode event = event(account);
        change.accept(event);

        Gateway.Result result = Gateway.invoke(event);

        assertTrue(result.functionError(), result.payload().toString());
        assertEquals("io.proxykeys.alert.InvalidAlert", result.payload().get("errorType").textValue(), result.payload().toString());
        assertTrue(result.payload().get("errorMessage").textValue().length() > 10, result.payload().toString());
        assertEquals(before, Accounts.everything(account));
    }

    @Test
    void aDetectionUpToFiveMinutesAheadIsAccepted() {
        String account = Accounts.open("10");
        Accounts.createKey(account, "key", "1");
        ObjectNode event = event(account);
        ((ObjectNode) event.get("detail")).put("detected_at", in(4));

        assertEquals(1, succeeds(event).get("deleted").intValue());
    }

    @Test
    void aRequestIsServedAsHttpWhateverElseItCarries() {
        String account = Accounts.open("250");
        Accounts.createFiveKeys(account);
        List<String> before = Accounts.everything(account);
        ObjectNode request = Gateway.event("DELETE", "/v1/auth/proxy", "", Map.of("source", "proxy-keys.security"));
        request.setAll(event(account));
        request.put("body", event(account).toString());

        assertEquals(401, Gateway.invoke(request).status());
        assertEquals(before, Accounts.everything(account));
        for (JsonNode odd : List.of(Api.json("7"), Api.json("[1]"), Api.json("null"), Api.json("{\"a\":1}"))) {
            for (String member : List.of("id", "source", "detail-type", "time", "detail")) {
                request.set(member, odd);
            }
            assertEquals(401, Gateway.invoke(request).status(), odd.toString());
        }
        ((ObjectNode) request.get("headers")).put("authorization", "Bearer " + Issuer.shared().token(account));
        assertEquals(200, Gateway.invoke(request).status());
        assertEquals("request", database.one(String.class, "SELECT trigger FROM revocation WHERE account_id = ?", account));
    }

    private static JsonNode succeeds(ObjectNode event) {
        Gateway.Result result = Gateway.invoke(event);
        assertTrue(!result.functionError(), result.payload().toString());
        return result.payload();
    }

    /** As EventBridge sends it. */
    private static ObjectNode event(String account) {
        ObjectNode event = Api.JSON.createObjectNode()
                .put("version", "0")
                .put("id", UUID.randomUUID().toString())
                .put("detail-type", "Account Compromised")
                .put("source", "proxy-keys.security")
                .put("account", "123456789012")
                .put("time", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString())
                .put("region", "eu-central-1");
        event.putArray("resources");
        event.putObject("detail").put("account_id", account).put("detected_at", Instant.now().toString()).put("unknown", true);
        return event;
    }

    private static String in(int minutes) {
        return Instant.now().plus(minutes, ChronoUnit.MINUTES).toString();
    }

    private static Arguments bad(String name, Consumer<ObjectNode> change) {
        return arguments(name, change);
    }

    private static Arguments inDetail(String name, Consumer<ObjectNode> change) {
        return arguments(name, (Consumer<ObjectNode>) event -> change.accept((ObjectNode) event.get("detail")));
    }

    private String blockedUntil(String account) {
        return database.one(String.class, "SELECT new_keys_blocked_until::text FROM account WHERE id = ?", account);
    }
}
