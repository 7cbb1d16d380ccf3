package io.proxykeys.operation.rotate;

import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.nullValue;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
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
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import java.math.BigDecimal;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code POST /v1/auth/proxy/rotate}: a new secret for a key that stays what it is, and an overlap in which the old one works too. */
@QuarkusTest
@WithTestResource(Harness.class)
class RotateTest {

    private static final String ROTATE = Api.PROXY + "/rotate";

    private final Postgres database = Postgres.shared();
    private final String account = Accounts.open("250");

    @AfterEach
    void healTheWire() {
        Harness.tap().reset();
    }

    @Test
    void withoutAnOverlapTheOldSecretEndsAtOnce() throws Exception {
        String id = Accounts.createKey(account, "key", "100");
        Accounts.spend(account, "key", "1");
        JsonNode before = Api.json(Api.lookup(account, id));
        try (Notifications notifications = new Notifications()) {
            Response response = Api.rotate(account, id, 0);

            JsonNode answer = Api.json(response.then().statusCode(200).extract().response());
            String secret = answer.get("keys").get(0).get("key").textValue();
            assertEquals("{\"message\":\"Proxy keys rotated\",\"rotated\":1,\"overlap_until\":null,\"keys\":[{\"id\":\"" + id
                    + "\",\"key\":\"" + secret + "\"}]}", response.asString());
            assertTrue(secret.matches("ek-proxy-sk-[0-9A-Za-z]{46}"), secret);
            assertEquals(1, notifications.about(account).size());
            assertRefused(Accounts.secret(account, "key"), "PK001");
            assertEquals(new BigDecimal("98.000000"), spend(secret));
            Api.lookup(account, Accounts.secret(account, "key")).then().statusCode(404);
            JsonNode after = Api.json(Api.lookup(account, secret));
            for (String field : List.of("name", "key", "expires_at", "allocated_ammount", "is_active", "model_whitelist", "ip_whitelist",
                    "created_at", "overlap_until")) {
                assertEquals(before.get(field), after.get(field), field);
            }
            assertTrue(before.get("rotated_at").isNull());
            assertTrue(after.get("rotated_at").longValue() > 1_700_000_000L, after.toString());
        }
        assertEquals(1L, version());
        assertEquals(0, Accounts.receipts(account));
    }

    @Test
    void duringAnOverlapBothSecretsSpendOnOneKey() {
        String id = Accounts.createKey(account, "key", "100");

        JsonNode answer = Api.json(Api.rotate(account, id, 3600).then().statusCode(200).extract().response());

        String secret = answer.get("keys").get(0).get("key").textValue();
        long until = answer.get("overlap_until").longValue();
        long ends = until - database.one(Long.class, "SELECT extract(epoch FROM clock_timestamp())::bigint");
        assertTrue(ends > 3590 && ends <= 3600, "ends in " + ends);
        assertEquals(new BigDecimal("99.000000"), spend(secret));
        assertEquals(new BigDecimal("98.000000"), spend(Accounts.secret(account, "key")));
        Accounts.settle(Accounts.hold(account, "key", "5"), "2");
        assertEquals("4.000000", Accounts.used(account, "key").toString());
        for (String name : List.of(id, secret, Accounts.secret(account, "key"))) {
            Api.lookup(account, name).then().statusCode(200).body("key", equalTo(id)).body("overlap_until", equalTo((int) until));
        }
    }

    @Test
    void afterTheOverlapTheOldSecretIsUnknown() {
        String id = Accounts.createKey(account, "key", "100");
        String secret = secret(Api.rotate(account, id, 3600));

        endOverlaps();

        assertRefused(Accounts.secret(account, "key"), "PK001");
        spend(secret);
        Api.lookup(account, Accounts.secret(account, "key")).then().statusCode(404);
        Api.toggle(account, Accounts.secret(account, "key"), false).then().statusCode(404);
        Api.removeAll(account, List.of(Accounts.secret(account, "key"))).then().statusCode(200).body("not_found", equalTo(1));
        Api.lookup(account, id).then().body("overlap_until", nullValue());
    }

    @Test
    void anOldSecretNamesItsKeyAsLongAsItWorks() {
        String id = Accounts.createKey(account, "key", "100");
        Api.rotate(account, id, 3600).then().statusCode(200);
        String old = Accounts.secret(account, "key");

        Api.update(account, old, "\"name\":\"new name\"").then().statusCode(200);
        Api.toggle(account, old, false).then().statusCode(200);
        Api.suspendNamed(account, List.of(old)).then().statusCode(200).body("suspended", equalTo(0));
        Api.toggle(account, old, true).then().statusCode(200);
        Api.rotate(account, old, 0).then().statusCode(200).body("keys[0].id", equalTo(id));
        Api.remove(account, old).then().statusCode(404);
    }

    @Test
    void duringAnOverlapARotationWithOneReplacesTheCurrentSecretOnly() {
        String id = Accounts.createKey(account, "key", "100");
        Response first = Api.rotate(account, id, 3600);
        JsonNode ends = Api.json(first).get("overlap_until");

        Response second = Api.rotate(account, id, 60);

        second.then().statusCode(200);
        assertRefused(secret(first), "PK001");
        spend(secret(second));
        spend(Accounts.secret(account, "key"));
        assertEquals(ends, Api.json(Api.lookup(account, id)).get("overlap_until"));
        assertEquals(ends, Api.json(second).get("overlap_until"));
    }

    @Test
    void duringAnOverlapARotationWithoutOneEndsEveryEarlierSecret() {
        String id = Accounts.createKey(account, "key", "100");
        Response first = Api.rotate(account, id, 3600);

        Response second = Api.rotate(account, id, 0);

        assertRefused(secret(first), "PK001");
        assertRefused(Accounts.secret(account, "key"), "PK001");
        spend(secret(second));
        Api.lookup(account, id).then().body("overlap_until", nullValue());
    }

    @Test
    void severalKeysAreRotatedInTheOrderAskedFor() {
        List<String> ids = Accounts.createFiveKeys(account);
        String secretOfLast = Accounts.secret(account, "fully used");

        Response response = Api.rotateAll(account, List.of(ids.get(3), secretOfLast, ids.get(0)), 600);

        response.then().statusCode(200).body("rotated", equalTo(3)).body("keys.id", equalTo(List.of(ids.get(3), ids.get(4), ids.get(0))));
        assertEquals(3, Api.json(response).findValuesAsText("key").stream().distinct().count());
        assertEquals(List.of(ids.get(3), ids.get(4), ids.get(0)), Api.json(response).findValuesAsText("key").stream()
                .map(secret -> Api.json(Api.lookup(account, secret)).get("key").textValue()).toList());
        assertEquals(1L, version());
        assertEquals(new BigDecimal("174.500000"), Accounts.unspent(account));
    }

    @Test
    void whatStopsAKeyStopsBothSecrets() {
        String id = Accounts.createKey(account, "key", "100");
        String secret = secret(Api.rotate(account, id, 3600));
        String old = Accounts.secret(account, "key");

        Api.toggle(account, id, false).then().statusCode(200);
        assertRefused(secret, "PK002");
        assertRefused(old, "PK002");
        Api.toggle(account, id, true).then().statusCode(200);
        database.execute("UPDATE proxy_key SET expires_at = now() - interval '1 s' WHERE id = ?", id);
        assertRefused(secret, "PK003");
        assertRefused(old, "PK003");
        Api.deleteAll(account).then().statusCode(200);
        assertRefused(secret, "PK001");
        assertRefused(old, "PK001");
    }

    @Test
    void aSecretThatWasReplacedCanNeverBeCreatedAgain() {
        String id = Accounts.createKey(account, "key", "100");
        String first = secret(Api.rotate(account, id, 3600));
        Api.rotate(account, id, 0).then().statusCode(200);
        String other = Accounts.open("10");

        for (String replaced : List.of(Accounts.secret(account, "key"), first)) {
            for (String isolation : List.of("read committed", "repeatable read", "serializable")) {
                String refused = assertThrows(IllegalStateException.class, () -> database.execute("BEGIN ISOLATION LEVEL " + isolation
                        + "; SELECT create_proxy_key('" + other + "', 'stolen', sha256('" + replaced + "'), 1, NULL, NULL, NULL); COMMIT"))
                        .getCause().toString();
                assertTrue(refused.contains("this secret has leaked") || refused.contains("cannot be used"), refused);
            }
        }
        assertEquals(0, Accounts.keys(other));
        assertEquals(List.of(account + "|" + id + "|"), database.rows(
                "SELECT DISTINCT account_id, key_id FROM burnt_secret WHERE account_id = ?", account));
    }

    @Test
    void ofOneKeyAnotherAccountsIsForbiddenAndAnUnknownOneNotFound() {
        String other = Accounts.open("100");
        String foreign = Accounts.createKey(other, "key", "10");
        List<String> before = Accounts.everything(other);

        Api.rotate(account, foreign, 60).then().statusCode(403);
        Api.rotate(account, Accounts.secret(other, "key"), 60).then().statusCode(403);
        Api.rotate(account, "ek-proxy-nothing", 60).then().statusCode(404);
        Api.rotate("nobody", foreign, 60).then().statusCode(401);

        assertEquals(before, Accounts.everything(other));
    }

    @Test
    void ofSeveralOneThatIsNotThereStopsAllAndThePositionsAreTold() {
        List<String> ids = Accounts.createFiveKeys(account);
        String foreign = Accounts.createKey(Accounts.open("10"), "key", "10");
        List<String> before = Accounts.everything(account);

        Response response = Api.rotateAll(account, List.of(ids.get(0), foreign, ids.get(1), "ek-proxy-nothing"), 60);

        assertEquals(404, response.statusCode(), response.asString());
        assertEquals("[1,3]", Api.json(response).get("positions").toString());
        assertFalse(response.asString().contains("ek-proxy-sk-"), response.asString());
        assertEquals(before, withoutLimits(Accounts.everything(account)));
    }

    @Test
    void twoNamesOfOneKeyAreRefused() {
        String id = Accounts.createKey(account, "key", "10");
        Accounts.createKey(account, "other", "10");
        List<String> before = Accounts.everything(account);

        Api.rotateAll(account, List.of(id, Accounts.secret(account, "other"), Accounts.secret(account, "key")), 60).then().statusCode(422);

        assertEquals(before, withoutLimits(Accounts.everything(account)));
    }

    static Stream<String> malformed() {
        return Stream.of("{}", "{\"proxy_keys\":[]}", "{\"proxy_keys\":[\"a\",\"a\"]}", "{\"proxy_keys\":[\"a\",7]}",
                "{\"proxy_keys\":null}",
                "{\"proxy_key\":\"a\",\"proxy_keys\":[\"a\"]}", "{\"proxy_key\":\"\"}", "{\"proxy_key\":[\"a\"]}",
                "{\"overlap_seconds\":60}",
                "{\"proxy_key\":\"a\",\"overlap_seconds\":-1}", "{\"proxy_key\":\"a\",\"overlap_seconds\":604801}",
                "{\"proxy_key\":\"a\",\"overlap_seconds\":\"60\"}", "{\"proxy_key\":\"a\",\"overlap_seconds\":0.5}",
                "{\"proxy_key\":\"a\",\"overlap_seconds\":null}", "{\"proxy_key\":\"a\",\"overlap_seconds\":true}",
                "{\"proxy_key\":\"a\",\"overlap_seconds\":1e99}", "{\"proxy_key\":\"a\",\"overlap\":60}",
                "{\"proxy_key\":\"a\",\"status\":\"x\"}");
    }

    @ParameterizedTest
    @MethodSource("malformed")
    void aBodyThatIsNotUnderstoodChangesNothing(String body) {
        Accounts.createFiveKeys(account);
        List<String> before = Accounts.everything(account);

        Response response = Api.post(account, "/rotate", body);

        assertEquals(422, response.statusCode(), response.asString());
        assertEquals(before, Accounts.everything(account));
    }

    @ParameterizedTest
    @ValueSource(ints = { 1, 604_800 })
    void theBoundsOfAnOverlapAreAccepted(int seconds) {
        Api.rotate(account, Accounts.createKey(account, "key", "1"), seconds).then().statusCode(200);
        Api.rotateAll(account, IntStream.range(0, 1001).mapToObj(n -> "a" + n).toList(), 0).then().statusCode(422);
        Api.post(account, "/rotate", " ".repeat(320 * 1024 + 1)).then().statusCode(413);
    }

    @Test
    void bothScopesAreNeeded() {
        String id = Accounts.createKey(account, "key", "1");
        List<String> before = Accounts.everything(account);
        for (List<String> scopes : List.of(List.of(Issuer.CREATE, Issuer.DELETE), List.of(Issuer.DELETE, Issuer.CREATE))) {
            String missing = scopes.get(1);
            Response response = Api.with(Issuer.shared().token(account, String.join(" ", scopes.get(0), Issuer.READ, Issuer.WRITE)))
                    .contentType("application/json").body("{\"proxy_key\":\"" + id + "\"}").post(ROTATE);
            assertEquals(403, response.statusCode(), response.asString());
            assertTrue(response.header("WWW-Authenticate").contains(missing), response.header("WWW-Authenticate"));
        }
        Api.with(Issuer.shared().token(account, Issuer.CREATE + " " + Issuer.DELETE)).contentType("application/json")
                .body("{\"proxy_key\":\"" + id + "\"}").post(ROTATE + "?a=b").then().statusCode(400);
        assertEquals(before, Accounts.everything(account));
        Api.with(Issuer.shared().token(account, Issuer.CREATE + " " + Issuer.DELETE)).contentType("application/json")
                .body("{\"proxy_key\":\"" + id + "\"}").post(ROTATE).then().statusCode(200);
    }

    @Test
    void duringABlockNoSecretIsMade() {
        String id = Accounts.createKey(account, "key", "1");
        Accounts.block(account, 600);

        Api.rotate(account, id, 60).then().statusCode(409).body("type", equalTo("urn:problem-type:proxy-keys:new-keys-blocked"));

        spend(Accounts.secret(account, "key"));
    }

    @Test
    void aRotationWhoseConfirmationIsLostIsFoundByTheSecondAttempt() {
        String id = Accounts.createKey(account, "key", "10");
        Harness.tap().fault(Fault.LOSE_COMMIT_ANSWER);

        Response response = Api.rotate(account, id, 600);

        assertEquals(200, response.statusCode(), response.asString());
        spend(secret(response));
        spend(Accounts.secret(account, "key"));
        assertEquals(1L, version());
    }

    @Test
    void aKeyKeepsItsPlaceAndIsNoNewerForIt() {
        List<String> ids = Accounts.createFiveKeys(account);
        List<String> created = database.rows("SELECT created_at FROM proxy_key WHERE account_id = ? ORDER BY id", account);

        Api.rotateAll(account, ids, 60).then().statusCode(200).body("rotated", equalTo(5));

        assertEquals(created, database.rows("SELECT created_at FROM proxy_key WHERE account_id = ? ORDER BY id", account));
        Api.list(account).then().body("key", equalTo(ids));
    }

    @Test
    void tenCallsAtOnceAreLetThroughInABucketOfTheirOwn() {
        String id = Accounts.createKey(account, "key", "1");
        for (int i = 0; i < 10; i++) {
            Api.rotate(account, id, 60).then().statusCode(200);
        }
        // One comes back every six seconds, and the machine may be slow.
        Accounts.payInAdvance(account, "rotate", 120);
        Response refused = Api.rotate(account, id, 60);
        assertEquals(429, refused.statusCode(), refused.asString());
        assertEquals("\"rotate\";q=10;w=60", refused.header("RateLimit-Policy"));
        Api.create(account, "new", "1").then().statusCode(200);
    }

    @Test
    void aThousandKeysAreRotatedInOneCall() {
        database.execute("""
                INSERT INTO proxy_key (id, account_id, name, secret_hash, allocated)
                SELECT 'ek-proxy-' || a.id || '-' || n, a.id, 'key', sha256((a.id || n)::bytea), 0
                  FROM account a, generate_series(0, 999) n WHERE a.id = ?""", account);
        List<String> ids = IntStream.range(0, 1000).mapToObj(n -> "ek-proxy-" + account + "-" + n).toList();

        Response response = Api.rotateAll(account, ids, 60);

        response.then().statusCode(200).body("rotated", equalTo(1000)).body("keys.id", equalTo(ids));
        assertNotEquals(0L, database.one(Long.class, "SELECT count(*) FROM proxy_key WHERE account_id = ? AND rotated_at IS NOT NULL",
                account));
    }

    @ParameterizedTest
    @ValueSource(strings = { "100", "100.0", "1e2", "1.0E+2" })
    void anOverlapIsCountedByItsValue(String seconds) {
        String id = Accounts.createKey(account, "key", "10");
        long now = Instant.now().getEpochSecond();

        long until = Api.json(Api.post(account, "/rotate", "{\"proxy_key\":\"" + id + "\",\"overlap_seconds\":" + seconds + "}"))
                .get("overlap_until").longValue();

        assertTrue(until >= now + 100 && until < now + 130, () -> until + " is not 100 s after " + now);
    }

    @Test
    void aReceiptTellsWhenAKeyWasRotatedAndThatNoOverlapRuns() {
        String id = Accounts.createKey(account, "key", "10");
        Api.rotate(account, id, 3600).then().statusCode(200);
        JsonNode listed = Api.json(Api.list(account)).get(0);
        String receipt = Api.json(Api.remove(account, id)).get("revocation_id").textValue();

        JsonNode deleted = Api.json(Api.receipts(account, "?id=" + receipt)).get("keys").get(0);

        assertEquals(listed.get("rotated_at"), deleted.get("rotated_at"));
        assertTrue(listed.get("overlap_until").isNumber(), listed.toString());
        assertTrue(deleted.get("overlap_until").isNull(), deleted.toString());
    }

    @Test
    void noHashOfAnOldSecretIsInAReceiptAndTheRecreatedKeyHasNone() {
        String id = Accounts.createKey(account, "key", "10");
        Api.rotate(account, id, 3600).then().statusCode(200);
        String receipt = Api.json(Api.remove(account, id)).get("revocation_id").textValue();

        Api.recreate(account, receipt).then().statusCode(200).body("keys[0].overlap_until", nullValue()).body("keys[0].rotated_at",
                nullValue());

        assertRefused(Accounts.secret(account, "key"), "PK001");
    }

    private static String secret(Response rotation) {
        assertEquals(200, rotation.statusCode(), rotation.asString());
        return Api.json(rotation).get("keys").get(0).get("key").textValue();
    }

    private BigDecimal spend(String secret) {
        return database.one(BigDecimal.class, "SELECT spend_credits(sha256(?::bytea), 1)", secret);
    }

    private void assertRefused(String secret, String state) {
        for (String call : List.of("spend_credits(sha256(?::bytea), 0.5)", "hold_credits(sha256(?::bytea), 0.5, 60)")) {
            Throwable refused = assertThrows(IllegalStateException.class, () -> database.execute("SELECT " + call, secret)).getCause();
            assertEquals(state, ((SQLException) refused).getSQLState(), refused.toString());
        }
    }

    private void endOverlaps() {
        database.execute(
                "UPDATE proxy_key SET previous_valid_until = clock_timestamp() WHERE account_id = ? AND previous_valid_until IS NOT NULL",
                account);
    }

    private long version() {
        return database.one(Long.class, "SELECT keys_version FROM account WHERE id = ?", account);
    }

    /** A call that was well-formed is counted, whatever became of it. */
    private static List<String> withoutLimits(List<String> everything) {
        return everything.stream().filter(row -> !row.contains("|rotate|")).toList();
    }
}
