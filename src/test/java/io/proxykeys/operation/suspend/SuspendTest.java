package io.proxykeys.operation.suspend;

import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.nullValue;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

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
import io.restassured.response.Response;
import io.restassured.specification.RequestSpecification;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code POST /v1/auth/proxy/suspend}: disables all keys, selected ones or named ones, in one call. */
@QuarkusTest
@WithTestResource(Harness.class)
class SuspendTest {

    private static final String SUSPEND = Api.PROXY + "/suspend";

    private final Postgres database = Postgres.shared();
    private final String account = Accounts.open("250");

    @AfterEach
    void healTheWire() {
        Harness.tap().reset();
    }

    @Test
    void everyActiveKeyIsSuspendedWithOneMessageAndNoCreditMoves() throws Exception {
        List<String> ids = Accounts.createFiveKeys(account);
        try (Notifications notifications = new Notifications()) {
            Response response = Api.suspend(account, "");

            JsonNode answer = Api.json(response.then().statusCode(200).extract().response());
            assertEquals("{\"message\":\"Proxy keys suspended\",\"suspended\":4,\"suspension_id\":" + answer.get("suspension_id")
                    + ",\"suspended_at\":" + answer.get("suspended_at") + "}", response.asString());
            assertEquals(1, notifications.about(account).size());
            String suspension = answer.get("suspension_id").textValue();
            Api.list(account).then().body("is_active", equalTo(List.of(false, false, false, false, false)));
            assertEquals(suspension, Api.json(Api.lookup(account, ids.get(0))).get("suspension_id").textValue());
            Api.lookup(account, ids.get(3)).then().body("suspension_id", nullValue());
            assertEquals(List.of("request|all|null|test-client|4|0|0|null|"), database.rows("""
                    SELECT trigger, operation, name_prefix, requested_by, keys_suspended, keys_resumed, keys_spared, resumed_at
                      FROM suspension WHERE id = ? AND account_id = ?""", UUID.fromString(suspension), account));
            assertEquals(answer.get("suspended_at").longValue(), database.one(Long.class,
                    "SELECT floor(extract(epoch FROM suspended_at))::bigint FROM suspension WHERE id = ?", UUID.fromString(suspension)));
        }
        assertEquals(1L, version());
        assertThrows(IllegalStateException.class, () -> Accounts.spend(account, "unused", "1"));
        assertThrows(IllegalStateException.class, () -> Accounts.hold(account, "unused", "1"));
        assertEquals(new BigDecimal("0.000000"), Accounts.balance(account));
        assertEquals(0, Accounts.receipts(account));
    }

    @Test
    void nothingToSuspendIsASuspensionTooAndTellsNobody() throws Exception {
        try (Notifications notifications = new Notifications()) {
            Api.suspend(account, "").then().statusCode(200).body("suspended", equalTo(0));

            assertEquals(List.of(), notifications.about(account));
        }
        assertEquals(0L, version());
    }

    @Test
    void namedKeysAreSuspendedByIdentifierOrSecretAndOthersAreNot() {
        List<String> ids = Accounts.createFiveKeys(account);
        String other = Accounts.open("10");
        String foreign = Accounts.createKey(other, "key", "1");
        List<String> before = Accounts.everything(other);

        Api.suspendNamed(account, List.of(ids.get(0), Accounts.secret(account, "unused"), Accounts.secret(account, "partly used"), ids.get(
                3),
                "ek-proxy-nothing", foreign)).then().statusCode(200).body("suspended", equalTo(2));

        assertEquals(List.of("expired|", "fully used|"), database.rows(
                "SELECT name FROM proxy_key WHERE account_id = ? AND is_active ORDER BY created_at", account));
        assertEquals(before, Accounts.everything(other));
        assertEquals("several", database.one(String.class, "SELECT operation FROM suspension WHERE account_id = ?", account));
    }

    @Test
    void aSuspendedKeyIsSuspendedAndNotInactive() {
        List<String> ids = Accounts.createFiveKeys(account);
        Api.suspendNamed(account, ids.subList(0, 1)).then().statusCode(200);

        Api.preview(account, "?status=suspended").then().body("would_delete", equalTo(1));
        Api.preview(account, "?status=inactive").then().body("would_delete", equalTo(1));
        Api.as(account).get(Api.PROXY + "?status=suspended").then().body("key", equalTo(ids.subList(0, 1)));
        Api.as(account).delete(Api.PROXY + "?status=inactive").then().body("deleted", equalTo(1));
        assertEquals(4, Accounts.keys(account));
        Api.as(account).delete(Api.PROXY + "?status=suspended").then().body("deleted", equalTo(1));
        assertEquals("suspended", database.one(String.class,
                "SELECT operation FROM revocation WHERE account_id = ? ORDER BY revoked_at DESC LIMIT 1", account));
    }

    @Test
    void whatAnEarlierCallHasSuspendedIsTakenOver() {
        Accounts.createFiveKeys(account);
        String first = suspension(Api.suspend(account, "?name_prefix=un"));

        String second = suspension(Api.suspend(account, ""));

        assertNotEquals(first, second);
        assertEquals(4, suspended(second));
        Api.resume(account, first).then().statusCode(200).body("resumed", equalTo(0)).body("skipped", equalTo(1)).body("remaining", equalTo(
                0));
        Api.resume(account, second).then().statusCode(200).body("resumed", equalTo(4)).body("skipped", equalTo(0));
    }

    @Test
    void whatAnAlertHasSuspendedIsNotTakenOverByACallAndTheOtherWayRoundItIs() {
        List<String> ids = Accounts.createFiveKeys(account);
        String mine = suspension(Api.suspendNamed(account, ids.subList(0, 2)));
        String alert = Gateway.invoke(alert(ids.get(0), UUID.randomUUID().toString())).payload().get("suspension_id").textValue();
        assertEquals(List.of(alert, mine), database.rows("SELECT suspended_by FROM proxy_key WHERE id IN (?, ?) ORDER BY created_at",
                ids.get(0), ids.get(1)).stream().map(row -> row.replace("|", "")).toList());

        Api.suspend(account, "").then().statusCode(200).body("suspended", equalTo(3));

        assertEquals(alert, database.one(UUID.class, "SELECT suspended_by FROM proxy_key WHERE id = ?", ids.get(0)).toString());
        Api.resume(account, alert).then().statusCode(200).body("resumed", equalTo(1));
    }

    @Test
    void aSuspensionCanBlockNewKeysNamedOrNot() {
        List<String> ids = Accounts.createFiveKeys(account);

        String suspension = suspension(as().contentType("application/json").body("{\"proxy_keys\":[\"" + ids.get(0) + "\"]}")
                .post(SUSPEND + "?block_new_keys_seconds=600"));

        Api.create(account, "new", "1").then().statusCode(409).body("type", equalTo("urn:problem-type:proxy-keys:new-keys-blocked"));
        Api.toggle(account, ids.get(3), true).then().statusCode(409);
        Response resumption = Api.resume(account, suspension);
        assertEquals(409, resumption.statusCode(), resumption.asString());
        int wait = Integer.parseInt(resumption.header("Retry-After"));
        assertTrue(wait > 590 && wait <= 600, "Retry-After: " + wait);
        // A block is never shortened.
        Api.suspend(account, "?block_new_keys_seconds=1").then().statusCode(200);
        Api.create(account, "new", "1").then().statusCode(409);
        Accounts.block(account, -1);
        Api.resume(account, suspension).then().statusCode(200);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            400 |                            | {
            400 |                            | []
            400 |                            | null
            400 |                            | {"proxy_keys":["a"],"proxy_keys":["b"]}
            422 |                            | {}
            422 |                            | {"proxy_keys":[]}
            422 |                            | {"proxy_keys":null}
            422 |                            | {"proxy_keys":["a",1]}
            422 |                            | {"proxy_keys":["a","a"]}
            422 |                            | {"proxy_keys":[""]}
            422 |                            | {"proxy_key":"a"}
            422 |                            | {"proxy_keys":["a"],"name_prefix":"a"}
            422 |                            | {"status":"expired"}
            422 | ?status=expired            | {"proxy_keys":["a"]}
            422 | ?name_prefix=a             | {"proxy_keys":["a"]}
            422 | ?name_prefix=a&block_new_keys_seconds=1 | {"proxy_keys":["a"]}
            400 | ?status=typo               | {"proxy_keys":["a"]}
            400 | ?block_new_keys_seconds=-1 | {"proxy_keys":["a"]}
            """)
    void aBodyIsAListOfKeysOrNoneSoThatNothingMoreIsSuspendedThanWasMeant(int status, String query, String body) {
        Accounts.createFiveKeys(account);
        List<String> before = Accounts.everything(account);

        Response response = Api.post(account, "/suspend" + (query == null ? "" : query), body);

        assertEquals(status, response.statusCode(), response.asString());
        assertEquals(before, Accounts.everything(account));
        assertEquals(0L, database.one(Long.class, "SELECT count(*) FROM suspension WHERE account_id = ?", account));
    }

    @Test
    void aBodyThatTheEventDoesNotDeliverAsATextIsNoMissingOne() {
        Accounts.createFiveKeys(account);
        List<String> before = Accounts.everything(account);
        ObjectNode event = Gateway.event("POST", SUSPEND, "", Map.of("content-type", "application/json",
                "authorization", "Bearer " + Issuer.shared().token(account)));

        event.putObject("body");
        assertEquals(422, Gateway.invoke(event).status());
        assertEquals(400, Gateway.invoke(event.put("body", 1)).status());
        assertEquals(before, Accounts.everything(account));
    }

    @Test
    void aBodyThatIsNotJsonOrTooLargeIsRefused() {
        Accounts.createFiveKeys(account);
        List<String> before = Accounts.everything(account);

        as().contentType("text/plain").body("{\"proxy_keys\":[\"a\"]}").post(SUSPEND).then().statusCode(415);
        as().contentType("application/x-www-form-urlencoded").body("status=expired").post(SUSPEND).then().statusCode(415);
        Api.post(account, "/suspend", " ".repeat(400 * 1024)).then().statusCode(413);
        Api.post(account, "/suspend", "{\"proxy_keys\":" + "[".repeat(1000)).then().statusCode(400);

        assertEquals(before, Accounts.everything(account));
    }

    @Test
    void theScopeToWriteIsNeeded() {
        Accounts.createFiveKeys(account);
        List<String> before = Accounts.everything(account);

        Api.with(Issuer.shared().token(account, String.join(" ", Issuer.READ, Issuer.DELETE, Issuer.CREATE))).post(SUSPEND).then()
                .statusCode(403).body("detail", equalTo("The access token lacks the scope proxy_keys:write."));
        Api.suspend("nobody", "").then().statusCode(401);
        Api.as(account).get(SUSPEND).then().statusCode(404);
        Api.as(account).post(SUSPEND + "/").then().statusCode(404);

        assertEquals(before, Accounts.everything(account));
    }

    @Test
    void aRepeatReturnsTheFirstAnswerByteForByteAndChangesNothing() {
        Accounts.createFiveKeys(account);
        Response first = Api.suspend(account, "?status=never_used&name_prefix=un", "tonight");
        first.then().statusCode(200).body("suspended", equalTo(1));
        assertNull(first.header("Idempotency-Replayed"));
        Api.resume(account, suspension(first)).then().statusCode(200).body("resumed", equalTo(1));
        List<String> before = Accounts.everything(account);

        Response repeat = Api.suspend(account, "?name_prefix=un&status=never_used", "tonight");

        repeat.then().statusCode(200).header("Idempotency-Replayed", equalTo("true"));
        assertEquals(first.asString(), repeat.asString());
        assertEquals(before, Accounts.everything(account), "what was resumed since stays enabled");
    }

    @Test
    void aRepeatByNamesReturnsTheFirstAnswerWhateverTheOrderAndAnotherListIsRefused() {
        List<String> ids = Accounts.createFiveKeys(account);
        List<String> named = List.of(ids.get(0), Accounts.secret(account, "unused"), "ek-proxy-nothing");
        Response first = Api.suspendNamed(account, named, "k");
        first.then().statusCode(200).body("suspended", equalTo(2));
        Api.resume(account, suspension(first)).then().statusCode(200).body("resumed", equalTo(2));
        List<String> before = Accounts.everything(account);

        Response repeat = Api.suspendNamed(account, List.of(named.get(2), named.get(0), named.get(1)), "k");

        repeat.then().statusCode(200).header("Idempotency-Replayed", equalTo("true"));
        assertEquals(first.asString(), repeat.asString());
        for (List<String> other : List.of(named.subList(0, 2), List.of(ids.get(0), Accounts.secret(account, "unused"), ids.get(4)),
                List.of(ids.get(0), ids.get(1), "ek-proxy-nothing"))) {
            Api.suspendNamed(account, other, "k").then().statusCode(422);
        }
        assertEquals(before, Accounts.everything(account));
    }

    @Test
    void theSameIdempotencyKeyForAnotherSelectionBlockOrOperationIsRefused() {
        List<String> ids = Accounts.createFiveKeys(account);
        Api.suspend(account, "?name_prefix=un", "k").then().statusCode(200);
        Api.as(account).header("Idempotency-Key", "deletion").delete(Api.PROXY + "?status=expired").then().statusCode(200);
        List<String> before = Accounts.everything(account);

        for (String query : List.of("", "?name_prefix=u", "?name_prefix=un&status=expired", "?name_prefix=un&block_new_keys_seconds=1")) {
            Api.suspend(account, query, "k").then().statusCode(422).body("type", equalTo(
                    "urn:problem-type:proxy-keys:idempotency-key-reused"));
        }
        as().header("Idempotency-Key", "k").contentType("application/json").body("{\"proxy_keys\":[\"" + ids.get(0) + "\"]}").post(SUSPEND)
                .then().statusCode(422);
        Api.as(account).header("Idempotency-Key", "k").delete(Api.PROXY + "?name_prefix=un").then().statusCode(422);
        Api.deleteAll(account, "k").then().statusCode(422);
        Api.remove(account, ids.get(0), "k").then().statusCode(422);
        Api.suspend(account, "?status=expired", "deletion").then().statusCode(422);
        for (String malformed : List.of("a,b", "a b", "a".repeat(256))) {
            Api.suspend(account, "", malformed).then().statusCode(400);
        }

        assertEquals(before, Accounts.everything(account));
        Api.suspend(Accounts.open("1"), "", "k").then().statusCode(200);
    }

    @Test
    void whenTheAnswerToCommitIsLostTheRetryFindsTheSuspension() {
        Accounts.createFiveKeys(account);
        Harness.tap().fault(Fault.LOSE_COMMIT_ANSWER);

        Api.suspend(account, "").then().statusCode(200).body("suspended", equalTo(4));

        assertEquals(1L, database.one(Long.class, "SELECT count(*) FROM suspension WHERE account_id = ?", account));
        assertEquals(1L, version());
    }

    @Test
    void tenCallsAtOnceAreLetThroughTogetherWithResumptions() {
        String unknown = UUID.randomUUID().toString();
        for (int i = 0; i < 5; i++) {
            Api.suspend(account, "").then().statusCode(200);
            Api.resume(account, unknown).then().statusCode(404);
        }
        Response refused = Api.suspend(account, "");
        // One comes back every six seconds, and the machine may be slow.
        for (int i = 0; i < 5 && refused.statusCode() == 200; i++) {
            refused = Api.suspend(account, "");
        }

        assertEquals(429, refused.statusCode(), refused.asString());
        assertTrue(refused.header("RateLimit-Policy").endsWith(";q=10;w=60"), refused.header("RateLimit-Policy"));
        Api.resume(account, unknown).then().statusCode(429);
        Api.deleteAll(account).then().statusCode(200);
    }

    @Test
    void aReplayAndARefusedCallAreNotCounted() {
        for (int i = 0; i < 12; i++) {
            Api.suspend(account, "?status=typo").then().statusCode(400);
            Api.suspend(account, "", "same").then().statusCode(200);
        }
        for (int i = 0; i < 9; i++) {
            Api.suspend(account, "").then().statusCode(200);
        }
    }

    @Test
    void aSuspensionTakesFourRoundTripsOnAWarmConnection() {
        Accounts.createFiveKeys(account);
        Api.suspend(account, "?name_prefix=un").then().statusCode(200);
        Harness.tap().reset();

        Api.suspend(account, "").then().statusCode(200);

        assertEquals(4, Harness.tap().roundTrips());
    }

    @Test
    void aKeyRecreatedFromAReceiptIsAsItWasBeforeTheSuspension() {
        List<String> ids = Accounts.createFiveKeys(account);
        Api.suspend(account, "").then().statusCode(200);
        String receipt = Api.json(Api.removeAll(account, List.of(ids.get(0), ids.get(3)))).get("revocation_id").textValue();

        JsonNode keys = Api.json(Api.recreate(account, receipt).then().statusCode(200).extract().response()).get("keys");

        assertEquals(List.of("true", "false"), keys.findValuesAsText("is_active"));
        Api.as(account).get(Api.PROXY + "?status=suspended").then().body("size()", equalTo(3));
    }

    private RequestSpecification as() {
        return Api.as(account);
    }

    private static ObjectNode alert(String key, String incident) {
        ObjectNode event = Api.JSON.createObjectNode().put("version", "0").put("id", incident)
                .put("detail-type", "Proxy Key Compromised").put("source", "proxy-keys.security")
                .put("time", Instant.now().toString());
        event.putObject("detail").put("key", key).put("action", "suspend").put("incident_id", incident);
        return event;
    }

    private long suspended(String suspension) {
        return database.one(Long.class, "SELECT count(*) FROM proxy_key WHERE suspended_by = ?", UUID.fromString(suspension));
    }

    private long version() {
        return database.one(Long.class, "SELECT keys_version FROM account WHERE id = ?", account);
    }

    static String suspension(Response response) {
        assertEquals(200, response.statusCode(), response.asString());
        return Api.json(response).get("suspension_id").textValue();
    }
}
