package io.proxykeys.operation.recreate;

import static org.hamcrest.Matchers.equalTo;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.proxykeys.harness.Accounts;
import io.proxykeys.harness.Api;
import io.proxykeys.harness.Gateway;
import io.proxykeys.harness.Harness;
import io.proxykeys.harness.Issuer;
import io.proxykeys.harness.Postgres;
import io.proxykeys.harness.WireTap.Fault;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code POST /v1/auth/proxy/recreate} */
@QuarkusTest
@WithTestResource(Harness.class)
class RecreateTest {

    private final Postgres database = Postgres.shared();

    @AfterEach
    void healTheWire() {
        Harness.tap().reset();
        Harness.tap().closeConnections();
    }

    @Test
    void keysAreMadeAnewWithTheirSettingsAndWhatTheyHadLeft() {
        String account = Accounts.open("250");
        List<String> ids = Accounts.createFiveKeys(account);
        JsonNode before = Api.json(Api.list(account));
        String receipt = deleteAll(account);

        JsonNode answer = Api.json(Api.recreate(account, receipt).then().statusCode(200).extract().response());

        // One has expired, and one has nothing left.
        assertEquals("Proxy keys recreated", answer.get("message").textValue());
        assertEquals(3, answer.get("recreated").intValue());
        assertEquals(2, answer.get("skipped").intValue());
        assertEquals("134.500000", answer.get("credits_allocated").decimalValue().toPlainString());
        assertEquals("40.000000", answer.get("balance").decimalValue().toPlainString());
        assertEquals("40.000000", Accounts.balance(account).toString());
        assertEquals(new BigDecimal("174.500000"), Accounts.total(account));
        List<Integer> recreated = List.of(0, 1, 3);
        for (int i = 0; i < recreated.size(); i++) {
            JsonNode old = before.get(recreated.get(i));
            JsonNode key = answer.get("keys").get(i);
            assertEquals(ids.get(recreated.get(i)), key.get("replaces").textValue());
            assertTrue(key.get("id").textValue().matches("ek-proxy-[0-9a-f]{32}"), key.toString());
            assertFalse(key.get("id").equals(key.get("replaces")));
            assertTrue(key.get("key").textValue().startsWith("ek-proxy-sk-"), "the secret");
            for (String setting : List.of("name", "expires_at", "is_active", "model_whitelist", "ip_whitelist")) {
                assertEquals(old.get(setting), key.get(setting), setting);
            }
            assertEquals(old.get("allocated_ammount").decimalValue().subtract(old.get("used_ammount").decimalValue()),
                    key.get("allocated_ammount").decimalValue());
            assertEquals("0.000000", key.get("used_ammount").decimalValue().toPlainString());
            assertTrue(key.get("last_used").isNull());
            assertTrue(key.get("created_at").longValue() >= Instant.now().getEpochSecond() - 30, key.toString());
        }
        assertEquals(List.of("replaces", "name", "key", "expires_at", "allocated_ammount", "used_ammount", "is_active", "model_whitelist",
                "ip_whitelist", "created_at", "last_used", "rotated_at", "overlap_until", "suspension_id", "id"), names(answer.get("keys")
                        .get(0)));
        spend(answer.get("keys").get(0), "54.5");
        assertThrows(IllegalStateException.class, () -> Accounts.spend(account, "unused", "1"));
        assertThrows(IllegalStateException.class, () -> spend(answer.get("keys").get(2), "1"));
        assertFalse(String.join("", Accounts.everything(account)).contains("ek-proxy-sk-"));
    }

    @Test
    void aReceiptOfAnAlertServesToo() {
        String account = Accounts.open("100");
        Accounts.createKey(account, "key", "10");
        JsonNode receipt = Gateway.invoke(Gateway.alert(account, UUID.randomUUID().toString(), Instant.now())).payload();

        Api.recreate(account, receipt.get("revocation_id").textValue()).then().statusCode(200).body("recreated", equalTo(1));
    }

    @Test
    void aReceiptOfOneKeyServesToo() {
        String account = Accounts.open("100");
        String key = Accounts.createKey(account, "key", "10");
        String receipt = Api.json(Api.remove(account, key)).get("revocation_id").textValue();

        Api.recreate(account, receipt).then().statusCode(200).body("recreated", equalTo(1)).body("skipped", equalTo(0));
    }

    @Test
    void whatIsOnHoldForTheOldKeyGoesToTheBalanceWhenItIsSettled() {
        String account = Accounts.open("100");
        Accounts.createKey(account, "key", "10");
        UUID hold = Accounts.hold(account, "key", "4");
        String receipt = deleteAll(account);

        JsonNode answer = Api.json(Api.recreate(account, receipt));

        assertEquals("6.000000", answer.get("credits_allocated").decimalValue().toPlainString());
        Accounts.settle(hold, "1");
        assertEquals("93.000000", Accounts.balance(account).toString());
        assertEquals(new BigDecimal("99.000000"), Accounts.total(account));
    }

    @Test
    void someAreNamedAndTheOthersLater() {
        String account = Accounts.open("250");
        List<String> ids = Accounts.createFiveKeys(account);
        String receipt = deleteAll(account);

        JsonNode one = Api.json(Api.recreate(account, receipt, List.of(ids.get(1), ids.get(1), ids.get(2))).then().statusCode(200).extract()
                .response());
        assertEquals(1, one.get("recreated").intValue(), "what is named twice is made once, and what has expired is skipped");
        assertEquals(1, one.get("skipped").intValue());
        assertEquals(ids.get(1), one.get("keys").get(0).get("replaces").textValue());

        JsonNode others = Api.json(Api.recreate(account, receipt).then().statusCode(200).extract().response());
        assertEquals(2, others.get("recreated").intValue());
        assertEquals(3, others.get("skipped").intValue());
        assertEquals(3, Accounts.keys(account));
    }

    @Test
    void aKeyIsRecreatedOnce() {
        String account = Accounts.open("250");
        List<String> ids = Accounts.createFiveKeys(account);
        String receipt = deleteAll(account);
        JsonNode first = Api.json(Api.recreate(account, receipt));
        List<String> before = keys(account);

        JsonNode problem = Api.json(Api.recreate(account, receipt).then().statusCode(409).extract().response());

        assertEquals("urn:problem-type:proxy-keys:already-recreated", problem.get("type").textValue());
        List<String> expected = new ArrayList<>();
        first.get("keys").forEach(key -> expected.add("{\"replaces\":" + key.get("replaces") + ",\"id\":" + key.get("id") + "}"));
        List<String> replaced = new ArrayList<>();
        problem.get("replaced").forEach(key -> replaced.add(key.toString()));
        assertEquals(expected, replaced);
        Api.recreate(account, receipt, List.of(ids.get(0))).then().statusCode(409).body("replaced.size()", equalTo(1))
                .body("replaced[0].replaces", equalTo(ids.get(0)));
        Api.recreate(account, receipt, List.of(ids.get(2), ids.get(0))).then().statusCode(409);
        assertEquals(before, keys(account));
    }

    /** After a lost answer: what the 409 names is deleted, and recreated from the receipts of those deletions. */
    @Test
    void aLostAnswerCanBeMadeGoodByTheCaller() {
        String account = Accounts.open("100");
        Accounts.createKey(account, "key", "10");
        String receipt = deleteAll(account);
        Api.recreate(account, receipt).then().statusCode(200);

        String lost = Api.json(Api.recreate(account, receipt)).get("replaced").get(0).get("id").textValue();
        String second = Api.json(Api.remove(account, lost)).get("revocation_id").textValue();

        Api.recreate(account, second).then().statusCode(200).body("recreated", equalTo(1));
        assertEquals(new BigDecimal("100.000000"), Accounts.total(account));
    }

    @Test
    void whereThereIsNothingToRecreateNothingIs() {
        String account = Accounts.open("100");
        String empty = deleteAll(account);
        Api.recreate(account, empty).then().statusCode(200).body("recreated", equalTo(0)).body("skipped", equalTo(0))
                .body("keys.size()", equalTo(0));

        Accounts.createKey(account, "key", "10");
        Accounts.spend(account, "key", "10");
        Response answer = Api.recreate(account, deleteAll(account));
        assertEquals("{\"message\":\"Proxy keys recreated\",\"recreated\":0,\"skipped\":1,\"credits_allocated\":0.000000,"
                + "\"balance\":90.000000,\"keys\":[]}", answer.then().statusCode(200).extract().asString());
    }

    @Test
    void aReceiptThatIsUnknownOrAnotherAccountsIsNotFound() {
        String account = Accounts.open("100");
        String other = Accounts.open("100");
        Accounts.createKey(other, "key", "10");
        String receipt = deleteAll(other);

        Api.recreate(account, receipt).then().statusCode(404).body("type", equalTo("urn:problem-type:proxy-keys:unknown-receipt"));
        Api.recreate(account, UUID.randomUUID().toString()).then().statusCode(404);
        Api.recreate("nobody", receipt).then().statusCode(401);
        assertEquals(0, Accounts.keys(account) + Accounts.keys(other));
        Api.recreate(other, receipt).then().statusCode(200);
    }

    @Test
    void aKeyThatIsNotInTheReceiptIsRefusedWithAllOthers() {
        String account = Accounts.open("250");
        List<String> ids = Accounts.createFiveKeys(account);
        String receipt = deleteAll(account);

        for (String stranger : List.of("ek-proxy-nothing", Accounts.secret(account, "unused"), "\0")) {
            Api.recreate(account, receipt, List.of(ids.get(0), stranger)).then().statusCode(422)
                    .body("detail", equalTo("proxy_keys names a key that is not in this receipt. Nothing was changed."));
        }
        assertEquals(0, Accounts.keys(account));
    }

    @ParameterizedTest
    @ValueSource(strings = { "{}", "{\"revocation_id\":\"\"}", "{\"revocation_id\":1}", "{\"revocation_id\":null}",
            "{\"revocation_id\":\"0198c1f2-0000-7000-8000\"}",
            "{\"revocation_id\":\"0198c1f2-0000-7000-8000-000000000000\",\"proxy_keys\":[]}",
            "{\"revocation_id\":\"0198c1f2-0000-7000-8000-000000000000\",\"proxy_keys\":\"a\"}",
            "{\"revocation_id\":\"0198c1f2-0000-7000-8000-000000000000\",\"proxy_keys\":null}",
            "{\"revocation_id\":\"0198c1f2-0000-7000-8000-000000000000\",\"proxy_keys\":{\"a\":\"b\"}}",
            "{\"revocation_id\":\"0198c1f2-0000-7000-8000-000000000000\",\"proxy_keys\":[1]}",
            "{\"revocation_id\":\"0198c1f2-0000-7000-8000-000000000000\",\"proxy_keys\":[\"\"]}",
            "{\"revocation_id\":\"0198c1f2-0000-7000-8000-000000000000\",\"proxy_key\":\"a\"}" })
    void anotherBodyIsRefusedAndNotCounted(String body) {
        String account = Accounts.open("1");

        Api.post(account, "/recreate", body).then().statusCode(422);

        assertEquals(List.of(), database.rows("SELECT FROM rate_limit WHERE account_id = ?", account));
    }

    @Test
    void aBalanceThatIsTooLowForAllRecreatesNone() {
        String account = Accounts.open("100");
        Accounts.createKey(account, "one", "60");
        String two = Accounts.createKey(account, "two", "40");
        String receipt = deleteAll(account);
        Accounts.createKey(account, "three", "50");

        Api.recreate(account, receipt).then().statusCode(402);

        assertEquals(1, Accounts.keys(account));
        Api.recreate(account, receipt, List.of(two)).then().statusCode(200);
        assertEquals("10.000000", Accounts.balance(account).toString());
    }

    @Test
    void aThousandAreRecreatedAtOnceAndMoreHaveToBeNamed() {
        String account = Accounts.open("10000");
        createKeys(account, 1_001, "'{}'", "'{}'");
        String receipt = deleteAll(account);

        Api.recreate(account, receipt).then().statusCode(422).body("type", equalTo("urn:problem-type:proxy-keys:too-many-keys"));
        assertEquals(0, Accounts.keys(account));
        Api.recreate(account, receipt, List.of("ek-proxy-" + account + "-1")).then().statusCode(200);
        JsonNode answer = Api.json(Api.recreate(account, receipt).then().statusCode(200).extract().response());

        assertEquals(1_000, answer.get("recreated").intValue());
        assertEquals(1_001, Accounts.keys(account));
        HashSet<String> secrets = new HashSet<>();
        answer.get("keys").forEach(key -> secrets.add(key.get("key").textValue()));
        assertEquals(1_000, secrets.size());
        assertEquals(0, Accounts.balance(account).compareTo(new BigDecimal("8999")));
        spend(answer.get("keys").get(999), "1");
    }

    @Test
    void aThousandCanBeNamedAndNotMore() {
        String account = Accounts.open("10000");
        createKeys(account, 1_001, "'{}'", "'{}'");
        String receipt = deleteAll(account);
        // Shorter names, so that they fit into the body.
        database.execute(
                "UPDATE revoked_key SET id = 'k' || split_part(id, '-', array_length(string_to_array(id, '-'), 1)) WHERE revocation_id = ?",
                UUID.fromString(receipt));

        Api.recreate(account, receipt, IntStream.rangeClosed(1, 1_001).mapToObj(n -> "k" + n).toList()).then().statusCode(422);
        Api.recreate(account, receipt, IntStream.rangeClosed(1, 1_000).mapToObj(n -> "k" + n).toList()).then().statusCode(200)
                .body("recreated", equalTo(1_000));
    }

    /** More than Lambda lets a function answer; found out before COMMIT. */
    @Test
    void anAnswerThatWouldBeTooLongIsRefusedAndNothingIsRecreated() {
        String account = Accounts.open("10000");
        createKeys(account, 600, "array_fill(repeat('m', 100), ARRAY[100])", "'{}'");
        String receipt = deleteAll(account);

        Api.recreate(account, receipt).then().statusCode(422).body("type", equalTo("urn:problem-type:proxy-keys:too-many-keys"));

        assertEquals(0, Accounts.keys(account));
        assertEquals("10000.000000", Accounts.balance(account).toString());
        Api.recreate(account, receipt, List.of("ek-proxy-" + account + "-1")).then().statusCode(200);
    }

    @Test
    void theScopeToCreateIsNeeded() {
        Api.with(Issuer.shared().token("a", "proxy_keys:delete proxy_keys:read proxy_keys:write")).post(Api.PROXY + "/recreate").then()
                .statusCode(403).body("detail", equalTo("The access token lacks the scope proxy_keys:create."));
    }

    @Test
    void tenAtOnceAreLetThroughInABucketOfTheirOwn() {
        String account = Accounts.open("100");
        String receipt = deleteAll(account);
        for (int i = 0; i < 10; i++) {
            Api.recreate(account, receipt).then().statusCode(200);
        }

        Response refused = Api.recreate(account, receipt);

        assertEquals(429, refused.statusCode(), refused.asString());
        assertEquals("\"recreate\";q=10;w=60", refused.header("RateLimit-Policy"));
        Api.create(account, "key", "1").then().statusCode(200);
        Api.deleteAll(account).then().statusCode(200);
    }

    @Test
    void aRecreationTakesFiveRoundTripsOnAWarmConnectionOneToCountTheKeys() {
        String account = Accounts.open("250");
        Accounts.createFiveKeys(account);
        String receipt = deleteAll(account);
        Api.recreate(account, deleteAll(account));
        Harness.tap().reset();

        Api.recreate(account, receipt).then().statusCode(200);

        assertEquals(5, Harness.tap().roundTrips());
    }

    @Test
    void aRecreationOfNamedKeysTakesFour() {
        String account = Accounts.open("250");
        List<String> ids = Accounts.createFiveKeys(account);
        String receipt = deleteAll(account);
        Api.recreate(account, deleteAll(account));
        Harness.tap().reset();

        Api.recreate(account, receipt, List.of(ids.get(0))).then().statusCode(200);

        assertEquals(4, Harness.tap().roundTrips());
    }

    @Test
    void whenTheAnswerToCommitIsLostTheSecondAttemptFindsTheKeys() {
        String account = Accounts.open("250");
        Accounts.createFiveKeys(account);
        String receipt = deleteAll(account);
        Harness.tap().fault(Fault.LOSE_COMMIT_ANSWER);

        JsonNode answer = Api.json(Api.recreate(account, receipt).then().statusCode(200).extract().response());

        assertEquals(3, answer.get("recreated").intValue());
        assertEquals(2, answer.get("skipped").intValue());
        assertEquals("40.000000", answer.get("balance").decimalValue().toPlainString());
        assertEquals(3, Accounts.keys(account));
        spend(answer.get("keys").get(0), "1");
    }

    @Test
    void whenTheOutcomeStaysUnknownTheNextCallTells() {
        String account = Accounts.open("250");
        Accounts.createFiveKeys(account);
        String receipt = deleteAll(account);
        Harness.tap().fault(Fault.LOSE_COMMIT_ANSWER_AND_REFUSE);

        JsonNode problem = Api.json(Api.recreate(account, receipt).then().statusCode(503).extract().response());

        Harness.tap().fault(Fault.NONE);
        assertTrue(problem.get("detail").textValue().contains("outcome is unknown"), problem.toString());
        Api.recreate(account, receipt).then().statusCode(409).body("replaced.size()", equalTo(3));
    }

    @Test
    void whenBeginIsRefusedNoKeyIsRecreated() {
        String account = Accounts.open("250");
        Accounts.createFiveKeys(account);
        String receipt = deleteAll(account);
        Api.recreate(account, deleteAll(account));
        List<String> before = Accounts.everything(account);
        Harness.tap().reset();
        Harness.tap().fault(Fault.REFUSE_BEGIN);

        Api.recreate(account, receipt).then().statusCode(500);

        assertEquals(before, Accounts.everything(account));
        List<String> sent = Harness.tap().statements();
        assertEquals("ROLLBACK", sent.get(sent.size() - 1), "sent on a connection that was given back: " + sent);
    }

    private static String deleteAll(String account) {
        return Api.json(Api.deleteAll(account).then().statusCode(200).extract().response()).get("revocation_id").textValue();
    }

    private List<String> keys(String account) {
        return database.rows("SELECT * FROM proxy_key WHERE account_id = ? ORDER BY id", account);
    }

    /** Keys with one credit each. */
    private void createKeys(String account, int count, String models, String addresses) {
        database.execute("""
                INSERT INTO proxy_key (id, account_id, name, secret_hash, allocated, model_whitelist, ip_whitelist)
                SELECT 'ek-proxy-' || a.id || '-' || n, a.id, 'key', sha256((a.id || n)::bytea), 1, %s, %s
                  FROM account a, generate_series(1, ?) n WHERE a.id = ?""".formatted(models, addresses), count, account);
        database.execute("UPDATE account SET balance = balance - ? WHERE id = ?", count, account);
    }

    private void spend(JsonNode key, String cost) {
        database.one(BigDecimal.class, "SELECT spend_credits(sha256(?::bytea), ?)", key.get("key").textValue(), new BigDecimal(cost));
    }

    private static List<String> names(JsonNode object) {
        List<String> names = new ArrayList<>();
        object.fieldNames().forEachRemaining(names::add);
        return names;
    }
}
