package io.proxykeys.operation.remove;

import static org.hamcrest.Matchers.equalTo;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
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
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** {@code POST /v1/auth/proxy/remove} */
@QuarkusTest
@WithTestResource(Harness.class)
class RemoveTest {

    private static final String REMOVE = Api.PROXY + "/remove";
    private final Postgres database = Postgres.shared();

    @Test
    void oneKeyGoesAndItsUnusedCreditsComeBack() throws Exception {
        String account = Accounts.open("250");
        List<String> ids = Accounts.createFiveKeys(account);
        List<String> others = database.rows("SELECT * FROM proxy_key WHERE account_id = ? AND id <> ? ORDER BY id", account, ids.get(0));
        try (Notifications notifications = new Notifications()) {
            Response response = Api.remove(account, ids.get(0));

            JsonNode answer = Api.json(response.then().statusCode(200).extract().response());
            assertEquals("{\"message\":\"Proxy key deleted\",\"deleted\":1,\"credits_returned\":54.500000,\"balance\":54.500000,"
                    + "\"revocation_id\":" + answer.get("revocation_id") + ",\"revoked_at\":" + answer.get("revoked_at") + "}",
                    response.asString());
            assertEquals(others, database.rows("SELECT * FROM proxy_key WHERE account_id = ? ORDER BY id", account));
            assertEquals(List.of("one|1|54.500000|" + ids.get(0) + "|"), database.rows("""
                    SELECT operation, keys_deleted, credits_returned, k.id FROM revocation r
                      JOIN revoked_key k ON k.revocation_id = r.id WHERE account_id = ?""", account));
            assertEquals(1, notifications.about(account).size());
        }
    }

    @Test
    void aKeyIsFoundByItsSecretToo() {
        String account = Accounts.open("10");
        Accounts.createKey(account, "key", "10");

        Api.remove(account, Accounts.secret(account, "key")).then().statusCode(200).body("deleted", equalTo(1));

        assertEquals(0, Accounts.keys(account));
    }

    @Test
    void anotherAccountsKeyIsForbiddenAndAnUnknownOneNotFound() {
        String account = Accounts.open("100");
        String other = Accounts.open("100");
        String key = Accounts.createKey(other, "key", "10");
        List<String> before = Accounts.everything(other);

        Api.remove(account, key).then().statusCode(403).header("Content-Type", equalTo("application/problem+json"));
        Api.remove(account, Accounts.secret(other, "key")).then().statusCode(403);
        Api.remove(account, "ek-proxy-nothing").then().statusCode(404).header("Content-Type", equalTo("application/problem+json"));
        Api.remove(account, "\u0000").then().statusCode(404);
        Api.remove(account, "?\ud83d\ude00").then().statusCode(404);
        Api.remove("nobody", key).then().statusCode(401);

        assertEquals(before, Accounts.everything(other));
        assertEquals(0, Accounts.receipts(account));
    }

    @Test
    void aDeletedKeyIsNotFoundAgain() {
        String account = Accounts.open("10");
        String key = Accounts.createKey(account, "key", "10");
        Api.remove(account, key).then().statusCode(200);

        Api.remove(account, key).then().statusCode(404);
    }

    @Test
    void aRepeatReturnsTheFirstAnswerByteForByte() {
        String account = Accounts.open("100");
        String byId = Accounts.createKey(account, "by id", "10");
        String bySecret = Accounts.createKey(account, "by secret", "10");

        for (String name : List.of(byId, Accounts.secret(account, "by secret"))) {
            Response first = Api.remove(account, name, "key of " + name.hashCode());
            assertEquals(400, first.statusCode(), "a blank in the key");
            first = Api.remove(account, name, "key-" + name.hashCode());
            Response repeat = Api.remove(account, name, "key-" + name.hashCode());
            assertEquals(200, first.statusCode());
            assertEquals("true", repeat.header("Idempotency-Replayed"));
            assertEquals(first.asString(), repeat.asString());
        }
        // The same key by its other name is the same key.
        Api.remove(account, bySecret, "key-" + Accounts.secret(account, "by secret").hashCode()).then().statusCode(200)
                .header("Idempotency-Replayed", equalTo("true"));
        assertEquals(2, Accounts.receipts(account));
    }

    @Test
    void aKeyIsTheSameByItsSecretAndByItsIdentifierAlsoWhenItIsGone() {
        String account = Accounts.open("100");
        String id = Accounts.createKey(account, "key", "10");
        String odd = Accounts.createKey(account, "odd", "10");
        database.execute("UPDATE proxy_key SET id = ? WHERE id = ?", "ek-proxy-odd-" + account, odd);
        odd = "ek-proxy-odd-" + account;
        String secret = Accounts.secret(account, "key");
        String oddSecret = Accounts.secret(account, "odd");

        assertOneRemoval(account, id, secret);
        assertOneRemoval(account, odd, oddSecret);
        Accounts.createKey(account, "third", "10");
        Accounts.createKey(account, "fourth", "10");
        String third = database.one(String.class, "SELECT id FROM proxy_key WHERE account_id = ? AND name = 'third'", account);
        String thirdSecret = Accounts.secret(account, "third");
        assertOneRemoval(account, thirdSecret, third);
        Api.remove(account, Accounts.secret(account, "fourth"), "key-" + thirdSecret.hashCode() + "-" + third.hashCode()).then()
                .statusCode(422);
        assertEquals(1, Accounts.keys(account));
    }

    private static void assertOneRemoval(String account, String name, String otherName) {
        String key = "key-" + name.hashCode() + "-" + otherName.hashCode();
        Response first = Api.remove(account, name, key);
        assertEquals(200, first.statusCode(), first.asString());
        for (String again : List.of(otherName, name)) {
            Response repeat = Api.remove(account, again, key);
            assertEquals("true", repeat.header("Idempotency-Replayed"), repeat.asString());
            assertEquals(first.asString(), repeat.asString());
        }
    }

    @Test
    void aKeyIsTheSameByItsOldSecretAlsoWhenItIsGone() {
        String account = Accounts.open("100");
        String id = Accounts.createKey(account, "key", "10");
        String old = Accounts.secret(account, "key");
        String secret = Api.json(Api.rotate(account, id, 3600)).get("keys").get(0).get("key").textValue();

        Response first = Api.remove(account, old, "k");

        first.then().statusCode(200).body("deleted", equalTo(1));
        for (String name : List.of(old, secret, id)) {
            Response repeat = Api.remove(account, name, "k");
            assertEquals("true", repeat.header("Idempotency-Replayed"), repeat.asString());
            assertEquals(first.asString(), repeat.asString());
        }
        Api.remove(account, old).then().statusCode(404);
        assertEquals("100.000000", Accounts.balance(account).toString());
    }

    @Test
    void theSameIdempotencyKeyForAnotherKeyOrOperationIsRefused() {
        String account = Accounts.open("100");
        String one = Accounts.createKey(account, "one", "10");
        String two = Accounts.createKey(account, "two", "10");
        Api.remove(account, one, "k").then().statusCode(200);
        List<String> before = Accounts.everything(account);

        Api.remove(account, two, "k").then().statusCode(422);
        Api.remove(account, Accounts.secret(account, "two"), "k").then().statusCode(422);
        Api.deleteAll(account, "k").then().statusCode(422);

        assertEquals(before, Accounts.everything(account));
        Api.deleteAll(account, "all").then().statusCode(200);
        Api.remove(account, two, "all").then().statusCode(422);
    }

    @Test
    void noHashOfASecretIsInAReceipt() {
        String account = Accounts.open("100");
        Accounts.createKey(account, "key", "10");
        String hash = database.one(String.class, "SELECT encode(secret_hash, 'hex') FROM proxy_key WHERE account_id = ?", account);

        Api.remove(account, Accounts.secret(account, "key")).then().statusCode(200);

        String receipt = database.rows("""
                SELECT r::text, k::text FROM revocation r JOIN revoked_key k ON k.revocation_id = r.id WHERE account_id = ?""",
                account).toString();
        assertEquals(-1, receipt.indexOf(hash), receipt);
    }

    @Test
    void sixtyAtOnceAreLetThroughInABucketOfTheirOwn() {
        String account = Accounts.open("1");
        // An unknown key is counted: guessing is not free. 58 calls have just been made.
        Api.remove(account, "ek-proxy-nothing").then().statusCode(404);
        database.execute("UPDATE rate_limit SET paid_until = paid_until + interval '58 seconds' WHERE account_id = ? AND bucket = 'remove'",
                account);
        Api.remove(account, "ek-proxy-nothing").then().statusCode(404);
        Response refused = null;
        // One comes back each second, and the machine may be slow.
        for (int i = 0; i < 20 && (refused == null || refused.statusCode() == 404); i++) {
            refused = Api.remove(account, "ek-proxy-nothing");
        }
        assertEquals(429, refused.statusCode());
        assertEquals("1", refused.header("Retry-After"));
        assertEquals("\"remove\";q=60;w=60", refused.header("RateLimit-Policy"));
        Api.deleteAll(account).then().statusCode(200);
    }

    static Stream<Arguments> bodies() {
        String json = "application/json";
        return Stream.of(
                arguments(413, json, "{\"proxy_key\":\"" + "a".repeat(320 * 1024) + "\"}"),
                arguments(413, "text/plain", "a".repeat(320 * 1024 + 1)),
                arguments(413, json, "\u00e9".repeat(160 * 1024 + 1)),
                arguments(415, "text/plain", "{\"proxy_key\":\"a\"}"),
                arguments(415, "application/x-www-form-urlencoded", "{\"proxy_key\":\"a\"}"),
                arguments(415, null, "{\"proxy_key\":\"a\"}"),
                arguments(415, "application/json,text/plain", "{\"proxy_key\":\"a\"}"),
                arguments(400, json, null),
                arguments(400, json, ""),
                arguments(400, json, "{"),
                arguments(400, json, "{\"proxy_key\":\"a\"} x"),
                arguments(400, json, "{\"proxy_key\":\"a\",\"proxy_key\":\"b\"}"),
                arguments(400, json, "[]"),
                arguments(400, json, "null"),
                arguments(400, json, "\"ek-proxy-a\""),
                arguments(400, json, "[".repeat(8000)),
                arguments(422, json, "{}"),
                arguments(422, json, "{\"proxy_key\":null}"),
                arguments(422, json, "{\"proxy_key\":7}"),
                arguments(422, json, "{\"proxy_key\":\"\"}"),
                arguments(422, json, "{\"proxy_key\":[\"a\"]}"),
                arguments(422, json, "{\"proxy_key\":\"" + "a".repeat(257) + "\"}"),
                arguments(422, json, "{\"proxy_key\":\"a\",\"all\":true}"),
                arguments(422, json, "{\"Proxy_Key\":\"a\"}"),
                arguments(404, json, "{\"proxy_key\":\"" + "a".repeat(256) + "\"}"),
                arguments(404, "Application/JSON; charset=utf-8", " {\"proxy_key\" : \"a\"} "));
    }

    @ParameterizedTest(name = "{0} {1} {2}")
    @MethodSource("bodies")
    void aBodyThatIsNotUnderstoodChangesNothing(int status, String contentType, String body) {
        String account = Accounts.open("10");
        Accounts.createKey(account, "key", "1");
        List<String> before = Accounts.everything(account);
        ObjectNode event = event(account);
        if (contentType != null) {
            ((ObjectNode) event.get("headers")).put("content-type", contentType);
        }
        event.put("body", body);

        assertEquals(status, Gateway.invoke(event).status());
        if (body != null) {
            event.put("isBase64Encoded", true).put("body", Base64.getEncoder().encodeToString(body.getBytes(StandardCharsets.UTF_8)));
            assertEquals(status, Gateway.invoke(event).status(), "base64");
        }

        if (status != 404) {
            assertEquals(before, Accounts.everything(account));
        }
        assertEquals(1, Accounts.keys(account));
    }

    @Test
    void aBodyThatIsNotBase64OrNotUtf8IsMalformed() {
        ObjectNode event = event(Accounts.open("1"));
        ((ObjectNode) event.get("headers")).put("content-type", "application/json");
        event.put("isBase64Encoded", true);
        assertEquals(400, Gateway.invoke(event.put("body", "%%%")).status());
        byte[] latin = "{\"proxy_key\":\"\u00e9\"}".getBytes(StandardCharsets.ISO_8859_1);
        assertEquals(400, Gateway.invoke(event.put("body", Base64.getEncoder().encodeToString(latin))).status());
        assertNotEquals(200, Gateway.invoke(event.put("body", "")).status());
    }

    @Test
    void aRemovalTakesFourRoundTripsOnAWarmConnection() {
        String account = Accounts.open("100");
        String one = Accounts.createKey(account, "one", "10");
        String two = Accounts.createKey(account, "two", "10");
        Api.remove(account, one).then().statusCode(200);
        Harness.tap().reset();

        Api.remove(account, two).then().statusCode(200);

        assertEquals(4, Harness.tap().roundTrips());
    }

    private static ObjectNode event(String account) {
        return Gateway.event("POST", REMOVE, "", Map.of("authorization", "Bearer " + Issuer.shared().token(account)));
    }
}
