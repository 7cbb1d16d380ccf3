package io.proxykeys.operation.receipts;

import static org.hamcrest.Matchers.equalTo;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.proxykeys.harness.Accounts;
import io.proxykeys.harness.Api;
import io.proxykeys.harness.Gateway;
import io.proxykeys.harness.Harness;
import io.proxykeys.harness.Issuer;
import io.proxykeys.harness.Postgres;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jose4j.jws.AlgorithmIdentifiers;
import org.jose4j.jwt.JwtClaims;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code GET /v1/auth/proxy/revocations}: what a deletion leaves behind. */
@QuarkusTest
@WithTestResource(Harness.class)
class ReceiptsTest {

    private final Postgres database = Postgres.shared();

    @Test
    void receiptsAreListedNewestFirst() {
        String account = Accounts.open("250");
        List<String> ids = Accounts.createFiveKeys(account);
        String one = Api.json(Api.remove(account, ids.get(1))).get("revocation_id").textValue();
        JsonNode all = Api.json(Api.deleteAll(account));

        Response response = Api.receipts(account, "");

        JsonNode list = Api.json(response.then().statusCode(200).extract().response());
        assertEquals(List.of(all.get("revocation_id").textValue(), one), list.findValuesAsText("revocation_id"));
        assertEquals("{\"revocation_id\":" + all.get("revocation_id") + ",\"revoked_at\":" + all.get("revoked_at")
                + ",\"trigger\":\"request\",\"operation\":\"all\",\"name_prefix\":null,\"key\":null"
                + ",\"requested_by\":\"test-client\",\"subject\":\""
                + account
                + "\",\"reason\":null"
                + ",\"reported_by\":null,\"url\":null,\"deleted\":4,\"not_found\":null,\"keys_spared\":0,"
                + "\"credits_returned\":124.500000,\"balance\":174.500000,\"credits_settled_later\":0.000000}", list.get(0).toString());
        assertNull(response.header("Link"));
        assertEquals("[]", Api.receipts(Accounts.open("1"), "").then().statusCode(200).extract().asString());
        Api.receipts("nobody", "").then().statusCode(401);
        Api.receipts("nobody", "?id=" + one).then().statusCode(401);
    }

    @Test
    void aReceiptHasWhatIsNeededToRecreateEachKey() {
        String account = Accounts.open("250");
        Accounts.createFiveKeys(account);
        JsonNode keys = Api.json(Api.list(account));
        JsonNode all = Api.json(Api.deleteAll(account));

        JsonNode receipt = Api.json(Api.receipts(account, "?id=" + all.get("revocation_id").textValue()).then().statusCode(200)
                .extract().response());

        assertEquals(all.get("revocation_id"), receipt.get("revocation_id"));
        assertEquals(withNothingOnHold(keys), receipt.get("keys"));
    }

    @Test
    void oddValuesBreakNeitherDeletionNorReceipt() {
        String account = Accounts.open("10");
        Accounts.createOddKeys(account);
        JsonNode keys = withNothingOnHold(Api.json(Api.list(account)));

        JsonNode one = Api.json(Api.remove(account, "odd-" + account));
        JsonNode other = Api.json(Api.deleteAll(account));

        assertEquals(1, one.get("deleted").intValue(), one.toString());
        assertEquals(1, other.get("deleted").intValue(), other.toString());
        assertEquals(keys.get(0), keysOf(account, one).get(0));
        assertEquals(keys.get(1), keysOf(account, other).get(0));
    }

    @Test
    void aReceiptSaysWhatWasOnHoldAndWhatCameBackLater() {
        String account = Accounts.open("250");
        Accounts.createFiveKeys(account);
        UUID one = Accounts.hold(account, "partly used", "4");
        UUID two = Accounts.hold(account, "partly used", "0.5");
        Accounts.hold(account, "unused", "50");
        Accounts.settle(Accounts.hold(account, "partly used", "1"), "0.25");
        String id = Api.json(Api.deleteAll(account)).get("revocation_id").textValue();
        JsonNode before = Api.json(Api.receipts(account, "?id=" + id));
        Accounts.settle(one, "1.5");
        Accounts.settle(two, "0.5");
        JsonNode receipt = Api.json(Api.receipts(account, "?id=" + id));

        assertEquals(List.of("4.500000", "50.000000", "0.000000", "0.000000", "0.000000"), receipt.get("keys").findValuesAsText(
                "held_ammount"));
        assertEquals("50.250000", receipt.get("keys").get(0).get("used_ammount").asText());
        assertEquals("119.750000", receipt.get("credits_returned").asText());
        assertEquals("0.000000", before.get("credits_settled_later").asText());
        assertEquals("2.500000", receipt.get("credits_settled_later").asText());
        assertEquals("2.500000", Api.json(Api.receipts(account, "")).get(0).get("credits_settled_later").asText());
        assertEquals(before.get("balance"), receipt.get("balance"), "the balance right after the deletion");
        assertEquals(new BigDecimal("122.250000"), Accounts.balance(account));
    }

    @Test
    void aReceiptOfATokenThatNamesNoClientHasNone() {
        String account = Accounts.open("10");
        JwtClaims claims = Issuer.claims(account, Issuer.DELETE);
        claims.unsetClaim("client_id");
        Api.with(Issuer.sign(Issuer.shared().rsa, AlgorithmIdentifiers.RSA_USING_SHA256, claims, jws -> {}))
                .delete(Api.PROXY).then().statusCode(200);

        JsonNode receipt = Api.json(Api.receipts(account, "")).get(0);

        assertTrue(receipt.get("requested_by").isNull(), receipt.toString());
        assertTrue(receipt.get("reason").isNull(), receipt.toString());
    }

    @Test
    void anotherAccountsReceiptIsNotFound() {
        String account = Accounts.open("1");
        String id = Api.json(Api.deleteAll(account)).get("revocation_id").textValue();

        Api.receipts(Accounts.open("1"), "?id=" + id).then().statusCode(404).header("Content-Type", equalTo("application/problem+json"));
        Api.receipts(account, "?id=00000000-0000-7000-8000-000000000000").then().statusCode(404);
        Api.receipts(account, "?id=" + id).then().statusCode(200);
    }

    @ParameterizedTest
    @ValueSource(strings = { "id=", "id=1", "id=x&id=y", "page=MSB4", "status=all", "id=00000000-0000-7000-8000-000000000000&page=" })
    void aQueryThatIsNotUnderstoodIsRefused(String query) {
        Gateway.Result result = Gateway.invoke(Gateway.event("GET", Api.PROXY + "/revocations", query,
                Map.of("authorization", "Bearer " + Issuer.shared().token(Accounts.open("1")))));
        assertEquals(400, result.status());
    }

    @Test
    void longListsOfReceiptsComeInPages() {
        String account = Accounts.open("1");
        database.execute("""
                INSERT INTO revocation (id, account_id, trigger, operation, keys_deleted, credits_returned, balance_after, revoked_at)
                SELECT gen_random_uuid(), ?, 'request', 'all', 0, 0, 1, timestamptz '2026-01-01' + n / 2 * interval '1 second'
                  FROM generate_series(1, 2500) n""", account);

        List<String> ids = follow(account, "/revocations", "2500", "revocation_id", 3);

        assertEquals(database.rows("SELECT id FROM revocation WHERE account_id = ? ORDER BY revoked_at DESC, id DESC", account),
                ids.stream().map(id -> id + "|").toList());
    }

    @Test
    void aReceiptWithManyKeysComesInPages() {
        String account = Accounts.open("1");
        database.execute("""
                INSERT INTO proxy_key (id, account_id, name, secret_hash, allocated)
                SELECT 'ek-proxy-' || gen_random_uuid(), ?, 'many', sha256(gen_random_uuid()::text::bytea), 0
                  FROM generate_series(1, 15500)""", account);
        String id = Api.json(Api.deleteAll(account)).get("revocation_id").textValue();

        List<String> keys = follow(account, "/revocations?id=" + id, "15500", "key", 2);

        assertEquals(database.rows("SELECT id FROM revoked_key WHERE revocation_id = ?::uuid ORDER BY created_at, id", id),
                keys.stream().map(key -> key + "|").toList());
    }

    @Test
    void receiptsOutliveKeysAndAccountsUntilTheyArePurged() {
        String account = Accounts.open("250");
        Accounts.createFiveKeys(account);
        String id = Api.json(Api.deleteAll(account)).get("revocation_id").textValue();
        database.execute("DELETE FROM account WHERE id = ?", account);
        assertEquals(5L, database.one(Long.class, "SELECT count(*) FROM revoked_key WHERE revocation_id = ?::uuid", id));

        database.execute(purge());
        assertEquals(1, Accounts.receipts(account), "younger than 90 days");
        database.execute("UPDATE revocation SET revoked_at = now() - interval '91 days' WHERE id = ?::uuid", id);
        database.execute(purge());

        assertEquals(0, Accounts.receipts(account));
        assertEquals(0L, database.one(Long.class, "SELECT count(*) FROM revoked_key WHERE revocation_id = ?::uuid", id));
    }

    @Test
    void readingTakesOneRoundTripOnAWarmConnection() {
        String account = Accounts.open("250");
        Accounts.createFiveKeys(account);
        String id = Api.json(Api.deleteAll(account)).get("revocation_id").textValue();
        Api.receipts(account, "");
        Api.receipts(account, "?id=" + id);

        Harness.tap().reset();
        Api.receipts(account, "").then().statusCode(200);
        assertEquals(1, Harness.tap().roundTrips());
        Harness.tap().reset();
        Api.receipts(account, "?id=" + id).then().statusCode(200);
        assertEquals(2, Harness.tap().roundTrips(), "the receipt, its keys");
    }

    /** A list of keys as a receipt has them. */
    private static JsonNode withNothingOnHold(JsonNode keys) {
        keys.forEach(key -> ((ObjectNode) key).put("held_ammount", new BigDecimal("0.000000")));
        return keys;
    }

    private static JsonNode keysOf(String account, JsonNode answer) {
        return Api.json(Api.receipts(account, "?id=" + answer.get("revocation_id").textValue())).get("keys");
    }

    private static List<String> follow(String account, String first, String total, String field, int expectedPages) {
        List<String> values = new ArrayList<>();
        int pages = 0;
        for (String next = Api.PROXY + first; next != null; pages++) {
            Response page = Api.as(account).get(next);
            assertEquals(200, page.statusCode());
            assertEquals(total, page.header("X-Total-Count"));
            JsonNode answer = Api.json(page);
            values.addAll(answer.path("keys").isArray() ? answer.get("keys").findValuesAsText(field) : answer.findValuesAsText(field));
            String link = page.header("Link");
            next = link == null ? null : link.substring(1, link.indexOf('>'));
        }
        assertEquals(expectedPages, pages);
        return values;
    }

    /** The documented statement. */
    private static String purge() {
        try {
            return Files.readString(Path.of("src/main/resources/db/purge.sql"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
