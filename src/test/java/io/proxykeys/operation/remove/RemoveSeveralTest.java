package io.proxykeys.operation.remove;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.hamcrest.Matchers.equalTo;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.proxykeys.harness.Accounts;
import io.proxykeys.harness.Api;
import io.proxykeys.harness.Harness;
import io.proxykeys.harness.Issuer;
import io.proxykeys.harness.Notifications;
import io.proxykeys.harness.Postgres;
import io.proxykeys.harness.WireTap.Fault;
import io.proxykeys.revocation.LiveStatements;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import java.math.BigDecimal;
import java.sql.Connection;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code POST /v1/auth/proxy/remove} with {@code proxy_keys}: several keys, one transaction, one receipt. */
@QuarkusTest
@WithTestResource(Harness.class)
class RemoveSeveralTest {

    private static final int MOST_BYTES = 320 * 1024;

    private final Postgres database = Postgres.shared();
    private final String account = Accounts.open("250");

    @AfterEach
    void healTheWire() {
        Harness.tap().reset();
    }

    @Test
    void severalKeysGoWithOneReceiptAndOneMessage() throws Exception {
        List<String> ids = Accounts.createFiveKeys(account);
        try (Notifications notifications = new Notifications()) {
            Response response = Api.removeAll(account, List.of(ids.get(0), ids.get(2), "ek-proxy-nothing"));

            JsonNode answer = Api.json(response.then().statusCode(200).extract().response());
            assertEquals("{\"message\":\"Proxy keys deleted\",\"deleted\":2,\"credits_returned\":94.500000,\"balance\":94.500000,"
                    + "\"revocation_id\":" + answer.get("revocation_id") + ",\"revoked_at\":" + answer.get("revoked_at")
                    + ",\"not_found\":1}", response.asString());
            assertEquals(1, notifications.about(account).size());
        }
        assertEquals(1L, database.one(Long.class, "SELECT keys_version FROM account WHERE id = ?", account));
        assertEquals(List.of("several|2|1|94.500000|94.500000|"), database.rows("""
                SELECT operation, keys_deleted, keys_not_found, credits_returned, balance_after FROM revocation WHERE account_id = ?""",
                account));
        assertEquals(List.of(ids.get(1), ids.get(3), ids.get(4)), Api.json(Api.list(account)).findValuesAsText("key"));
        assertThrows(IllegalStateException.class, () -> Accounts.spend(account, "partly used", "1"));
        assertEquals(new BigDecimal("174.500000"), Accounts.unspent(account));
    }

    @Test
    void twoNamesOfOneKeyAreDeletedOnce() {
        String id = Accounts.createKey(account, "key", "10");

        Api.removeAll(account, List.of(id, Accounts.secret(account, "key"))).then().statusCode(200)
                .body("deleted", equalTo(1)).body("not_found", equalTo(0));

        assertEquals("250.000000", Accounts.balance(account).toString());
    }

    @Test
    void whatIsUnknownGoneOrAnotherAccountsIsCountedAndNotToldApart() {
        String other = Accounts.open("100");
        String foreign = Accounts.createKey(other, "key", "10");
        String gone = Accounts.createKey(account, "gone", "10");
        Api.remove(account, gone).then().statusCode(200);
        List<String> before = Accounts.everything(other);

        Response response = Api.removeAll(account, List.of(foreign, Accounts.secret(other, "key"), gone, "ek-proxy-nothing", "\u0000",
                "?\ud83d\ude00"));

        response.then().statusCode(200).body("deleted", equalTo(0)).body("not_found", equalTo(6));
        assertEquals("0.000000", Api.json(response).get("credits_returned").asText());
        assertEquals(before, Accounts.everything(other));
        assertEquals(2, Accounts.receipts(account));
    }

    @Test
    void aThousandKeysByTheirLongestNamesGoInOneCall() {
        List<String> named = IntStream.range(0, 1000).mapToObj(n -> ("ek-proxy-" + account + "-" + n + "-").concat("x".repeat(256))
                .substring(0, 256)).toList();
        database.execute("""
                INSERT INTO proxy_key (id, account_id, name, secret_hash, allocated)
                SELECT rpad('ek-proxy-' || a.id || '-' || n || '-', 256, 'x'), a.id, 'key', sha256((a.id || n)::bytea), 0.000001
                  FROM account a, generate_series(0, 999) n WHERE a.id = ?""", account);

        Api.removeAll(account, named).then().statusCode(200).body("deleted", equalTo(1000)).body("not_found", equalTo(0));

        assertEquals(0, Accounts.keys(account));
        assertEquals("250.001000", Accounts.balance(account).toString());
    }

    @Test
    void aThousandKeysWithAHundredCallsInFlightEachGoInOneCall() {
        database.execute("""
                INSERT INTO proxy_key (id, account_id, name, secret_hash, allocated, used)
                SELECT 'ek-proxy-' || ? || n, ?, 'key', sha256((? || n)::bytea), 1, 0.1 FROM generate_series(1, 1000) n""", account,
                account,
                account);
        database.execute("""
                INSERT INTO credit_hold (id, account_id, key_id, amount, expires_at, key_created_at)
                SELECT gen_random_uuid(), account_id, id, 0.001, now() + interval '1 hour', created_at
                  FROM proxy_key, generate_series(1, 100) WHERE account_id = ?""", account);
        List<String> named = IntStream.rangeClosed(1, 1000).mapToObj(n -> "ek-proxy-" + account + n).toList();

        String receipt = Api.removeAll(account, named).then().statusCode(200).body("deleted", equalTo(1000)).extract()
                .path("revocation_id");

        assertEquals("1150.000000", Accounts.balance(account).toString());
        assertEquals(List.of("1000|100.000000|"), database.rows("""
                SELECT count(*), sum(held) FROM revoked_key WHERE revocation_id = ?::uuid AND held = used""", receipt));
        assertEquals(100_000L, database.one(Long.class, "SELECT count(*) FROM credit_hold WHERE revocation_id = ?::uuid", receipt));
    }

    @ParameterizedTest
    @ValueSource(strings = {
            "{\"proxy_keys\":[]}", "{\"proxy_keys\":null}", "{\"proxy_keys\":\"a\"}", "{\"proxy_keys\":{}}", "{\"proxy_keys\":[1]}",
            "{\"proxy_keys\":[null]}", "{\"proxy_keys\":[\"a\",\"\"]}", "{\"proxy_keys\":[\"a\",\"b\",\"a\"]}",
            "{\"proxy_keys\":[[\"a\"]]}",
            "{\"proxy_keys\":[\"a\"],\"proxy_key\":\"a\"}", "{\"proxy_keys\":[\"a\"],\"all\":true}",
            "{\"proxy_keys\":[\"a\"],\"status\":\"x\"}",
            "{\"Proxy_keys\":[\"a\"]}" })
    void aListThatIsNotUnderstoodChangesNothing(String body) {
        assertRefuses(422, body);
    }

    @Test
    void aListThatIsTooLongChangesNothing() {
        assertRefuses(422, body(IntStream.range(0, 1001).mapToObj(n -> "a" + n).toList()));
        assertRefuses(422, body(List.of("a".repeat(257))));
        assertRefuses(413, " ".repeat(MOST_BYTES + 1 - 20) + body(List.of("aaa")));
        assertRefuses(400, "{\"proxy_keys\":[\"a\"],\"proxy_keys\":[\"b\"]}");
    }

    @Test
    void aBodyMayBe320KibibytesLong() {
        String body = body(List.of(Accounts.createKey(account, "key", "1")));

        Api.post(account, "/remove", " ".repeat(MOST_BYTES - body.length()) + body).then().statusCode(200).body("deleted", equalTo(1));
        Api.post(account, "/remove", " ".repeat(MOST_BYTES - body.length() + 1) + body).then().statusCode(413);
    }

    @Test
    void theScopeToDeleteIsNeededAndAQueryIsRefused() {
        String key = Accounts.createKey(account, "key", "1");
        List<String> before = Accounts.everything(account);

        Api.with(Issuer.shared().token(account, Issuer.READ + " " + Issuer.WRITE + " " + Issuer.CREATE)).contentType("application/json")
                .body(body(List.of(key))).post(Api.PROXY + "/remove").then().statusCode(403);
        Api.post(account, "/remove?status=expired", body(List.of(key))).then().statusCode(400);
        Api.removeAll("nobody", List.of(key)).then().statusCode(401);

        assertEquals(before, Accounts.everything(account));
    }

    @Test
    void aRepeatReturnsTheFirstAnswerByteForByteWhateverTheOrder() {
        List<String> ids = Accounts.createFiveKeys(account);
        List<String> named = new ArrayList<>(List.of(ids.get(0), Accounts.secret(account, "unused"), "ek-proxy-nothing"));
        Response first = Api.removeAll(account, named, "several");
        first.then().statusCode(200).body("deleted", equalTo(2)).body("not_found", equalTo(1));
        List<String> before = Accounts.everything(account);
        Collections.reverse(named);

        Response repeat = Api.removeAll(account, named, "several");

        repeat.then().statusCode(200).header("Idempotency-Replayed", equalTo("true"));
        assertEquals(first.asString(), repeat.asString());
        assertEquals(before, Accounts.everything(account));
    }

    @Test
    void theSameIdempotencyKeyForAnotherListOrOperationIsRefused() {
        List<String> ids = Accounts.createFiveKeys(account);
        Api.removeAll(account, ids.subList(0, 2), "k").then().statusCode(200);
        Api.remove(account, ids.get(4), "one").then().statusCode(200);
        List<String> before = Accounts.everything(account);

        Api.removeAll(account, ids.subList(0, 1), "k").then().statusCode(422);
        Api.removeAll(account, ids.subList(0, 3), "k").then().statusCode(422);
        Api.removeAll(account, ids.subList(2, 4), "k").then().statusCode(422);
        Api.remove(account, ids.get(0), "k").then().statusCode(422);
        Api.deleteAll(account, "k").then().statusCode(422);
        Api.suspend(account, "", "k").then().statusCode(422);
        Api.removeAll(account, List.of(ids.get(4)), "one").then().statusCode(422);

        assertEquals(before, Accounts.everything(account));
    }

    @Test
    void whenTheAnswerToCommitIsLostTheRetryFindsTheReceipt() {
        List<String> ids = Accounts.createFiveKeys(account);
        Harness.tap().fault(Fault.LOSE_COMMIT_ANSWER);

        Api.removeAll(account, ids.subList(0, 3)).then().statusCode(200).body("deleted", equalTo(3)).body("not_found", equalTo(0));

        assertEquals(1, Accounts.receipts(account));
    }

    @Test
    void theKeysAreRecreatedFromTheReceipt() {
        List<String> ids = Accounts.createFiveKeys(account);
        String receipt = Api.json(Api.removeAll(account, ids.subList(0, 2))).get("revocation_id").textValue();

        Api.recreate(account, receipt).then().statusCode(200).body("recreated", equalTo(2));

        JsonNode read = Api.json(Api.as(account).get(Api.PROXY + "/revocation?id=" + receipt));
        assertEquals("several", read.get("operation").textValue());
        assertEquals(ids.subList(0, 2), read.get("keys").findValuesAsText("key"));
        assertEquals(new BigDecimal("174.500000"), Accounts.unspent(account));
    }

    @Test
    void whatIsOnHoldComesBackWhenItIsSettled() {
        Accounts.createKey(account, "busy", "10");
        UUID hold = Accounts.hold(account, "busy", "4");
        JsonNode answer = Api.json(Api.removeAll(account, List.of(Accounts.secret(account, "busy"))));

        assertEquals("6.000000", answer.get("credits_returned").asText());
        assertEquals(new BigDecimal("3.000000"), Accounts.settle(hold, "1"));
        assertEquals("249.000000", Accounts.balance(account).toString());
    }

    @Test
    void aCallCountsOnceHoweverManyKeysItNames() {
        Accounts.payInAdvance(account, "remove", 58);

        Api.removeAll(account, List.of("a", "b", "c", "d", "e")).then().statusCode(200);
        // One comes back each second, and the machine may be slow.
        Response refused = Api.removeAll(account, List.of("a"));
        for (int i = 0; i < 20 && refused.statusCode() == 200; i++) {
            refused = Api.removeAll(account, List.of("a"));
        }

        assertEquals(429, refused.statusCode());
        assertEquals("\"remove\";q=60;w=60", refused.header("RateLimit-Policy"));
    }

    @Test
    void aRemovalOfSeveralTakesFourRoundTripsOnAWarmConnection() {
        List<String> ids = Accounts.createFiveKeys(account);
        Api.removeAll(account, ids.subList(0, 2)).then().statusCode(200);
        Harness.tap().reset();

        Api.removeAll(account, ids.subList(2, 5)).then().statusCode(200);

        assertEquals(4, Harness.tap().roundTrips());
    }

    // --- Beside others ------------------------------------------------------------------------------------------------

    @Test
    void aSpendInFlightIsWaitedForAndNotRefunded() throws Exception {
        List<String> ids = Accounts.createFiveKeys(account);
        try (Connection spender = database.connect()) {
            spender.setAutoCommit(false);
            Accounts.spend(spender, account, "unused", "4");

            CompletableFuture<Response> removal = CompletableFuture.supplyAsync(() -> Api.removeAll(account, ids));
            database.awaitWaitingForALock(Postgres.FUNCTION_USER);
            spender.commit();

            assertEquals("170.500000", Api.json(removal.get(20, SECONDS)).get("credits_returned").asText());
        }
        assertEquals("170.500000", Accounts.balance(account).toString());
    }

    @Test
    void keysThatADeletionInFlightTakesAreNotFound() throws Exception {
        List<String> ids = Accounts.createFiveKeys(account);
        try (Connection deletion = LiveStatements.connect()) {
            LiveStatements.lock(deletion, account);
            LiveStatements.deleteAll(deletion, account);

            CompletableFuture<Response> removal = CompletableFuture.supplyAsync(() -> Api.removeAll(account, ids));
            database.awaitWaitingForALock(Postgres.FUNCTION_USER);
            deletion.commit();

            removal.get(20, SECONDS).then().statusCode(200).body("deleted", equalTo(0)).body("not_found", equalTo(5));
        }
        assertEquals("174.500000", Accounts.balance(account).toString());
    }

    @Test
    void aKeyWhoseCreationIsInFlightIsFoundByItsSecret() throws Exception {
        try (Connection creator = database.connect()) {
            creator.setAutoCommit(false);
            Postgres.execute(creator, "SELECT create_proxy_key(?, 'new', sha256(?::bytea), 7, NULL, NULL, NULL)", account,
                    Accounts.secret(account, "new"));

            CompletableFuture<Response> removal = CompletableFuture.supplyAsync(() -> Api.removeAll(account, List.of(Accounts.secret(
                    account,
                    "new"))));
            database.awaitWaitingForALock(Postgres.FUNCTION_USER);
            creator.commit();

            removal.get(20, SECONDS).then().statusCode(200).body("deleted", equalTo(1));
        }
        assertEquals("250.000000", Accounts.balance(account).toString());
    }

    @Test
    void aTransactionThatFailsLeavesEveryKey() {
        List<String> ids = Accounts.createFiveKeys(account);
        List<String> before = Accounts.everything(account);
        database.execute("ALTER TABLE revocation ADD CONSTRAINT broken CHECK (account_id <> '" + account + "')");
        try {
            Api.removeAll(account, ids).then().statusCode(500);
        } finally {
            database.execute("ALTER TABLE revocation DROP CONSTRAINT broken");
        }
        assertEquals(before, Accounts.everything(account));
        assertTrue(Accounts.spend(account, "unused", "1").signum() > 0);
    }

    private void assertRefuses(int status, String body) {
        Accounts.createKey(account, "a" + body.hashCode(), "1");
        List<String> before = Accounts.everything(account);

        Response response = Api.post(account, "/remove", body);

        assertEquals(status, response.statusCode(), response.asString());
        assertEquals(before, Accounts.everything(account));
    }

    private static String body(List<String> named) {
        return Api.JSON.createObjectNode().set("proxy_keys", Api.JSON.valueToTree(named)).toString();
    }
}
