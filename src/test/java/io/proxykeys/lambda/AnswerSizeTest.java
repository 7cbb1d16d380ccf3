package io.proxykeys.lambda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.proxykeys.harness.Accounts;
import io.proxykeys.harness.Api;
import io.proxykeys.harness.Gateway;
import io.proxykeys.harness.Github;
import io.proxykeys.harness.Harness;
import io.proxykeys.harness.Issuer;
import io.proxykeys.harness.Postgres;
import io.proxykeys.harness.RuntimeApi;
import io.proxykeys.harness.Texts;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/**
 * No answer is longer than Lambda takes, whatever the texts in it are made of. {@link Gateway#invoke} counts the bytes of each as they were
 * sent.
 */
@QuarkusTest
@WithTestResource(Harness.class)
class AnswerSizeTest {

    /** Together more than one answer holds. */
    private static final int KEYS = 250;

    /** A page is left only when the next item has no room. */
    private static final int WELL_FILLED = 5_000_000;

    private final Postgres database = Postgres.shared();
    private final String account = Accounts.open("1000");
    private final Texts texts = new Texts(20_261_129);

    @Test
    void aListOfKeysComesInPagesThatLambdaTakes() {
        insertKeys();

        List<String> keys = follow("", page -> page, "key");

        assertEquals(database.rows("SELECT id FROM proxy_key WHERE account_id = ? ORDER BY created_at, id", account), lines(keys));
    }

    @Test
    void namesOfManyKeysAreCountedAsTheyAreSent() {
        database.execute("""
                INSERT INTO proxy_key (id, account_id, name, secret_hash, allocated)
                SELECT 'ek-proxy-' || gen_random_uuid(), ?, repeat(U&'\\+01F600', 25), sha256(gen_random_uuid()::text::bytea), 0
                  FROM generate_series(1, 15000)""", account);

        assertEquals(15_000, follow("", page -> page, "key").size());
    }

    @Test
    void aReceiptWithItsKeysComesInPagesThatLambdaTakesAndItsReplayIsSmall() {
        insertKeys();
        Gateway.Result deleted = delete("once");
        String receipt = deleted.json().get("revocation_id").textValue();

        assertEquals(deleted.body(), delete("once").body());
        List<String> expected = database.rows("SELECT id FROM revoked_key WHERE revocation_id = ?::uuid ORDER BY created_at, id", receipt);
        assertEquals(KEYS, expected.size());
        for (String route : List.of("/revocation", "/revocations")) {
            assertEquals(expected, lines(follow(route + "?id=" + receipt, page -> page.get("keys"), "key")));
        }
    }

    @Test
    void receiptsComeInPagesThatLambdaTakes() {
        ArrayNode rows = Api.JSON.createArrayNode();
        for (int i = 0; i < 1_500; i++) {
            rows.addObject().put("reason", texts.next(255)).put("reported_by", texts.next(64)).put("requested_by", texts.next(255))
                    .put("url", "https://" + "\"".repeat(2_000));
        }
        database.execute("""
                INSERT INTO revocation (id, account_id, trigger, operation, keys_deleted, credits_returned, balance_after, revoked_at,
                                        reason, reported_by, requested_by, url)
                SELECT gen_random_uuid(), ?, 'alert', 'all', 0, 0, 1, clock_timestamp(), reason, reported_by, requested_by, url
                  FROM json_to_recordset(?::json) AS row (reason text, reported_by text, requested_by text, url text)""",
                account, rows.toString());

        List<String> receipts = follow("/revocations", page -> page, "revocation_id");

        assertEquals(database.rows("SELECT id FROM revocation WHERE account_id = ? ORDER BY revoked_at DESC, id DESC", account),
                lines(receipts));
    }

    @Test
    void keysAreRecreatedOnlyIfTheAnswerWithTheirSecretsCanBeDelivered() {
        insertKeys();
        String receipt = delete("once").json().get("revocation_id").textValue();
        List<String> left = new ArrayList<>(database.rows("SELECT id FROM revoked_key WHERE revocation_id = ?::uuid ORDER BY id", receipt)
                .stream().map(line -> line.substring(0, line.length() - 1)).toList());
        List<String> before = Accounts.everything(account);

        assertEquals(422, recreate(receipt, null).status());
        assertEquals(before, Accounts.everything(account));

        int most = left.size();
        int calls = 0;
        while (!left.isEmpty()) {
            List<String> named = left.subList(0, Math.min(most, left.size()));
            Gateway.Result answer = recreate(receipt, named);
            if (answer.status() == 422) {
                most /= 2;
                continue;
            }
            assertEquals(named.size(), answer.json().get("keys").size());
            named.clear();
            calls++;
        }
        assertTrue(calls >= 2 && calls <= 4, "calls: " + calls);
        assertEquals(KEYS, Accounts.keys(account));
        assertEquals(KEYS, recreate(receipt, null).json().get("replaced").size());
    }

    @Test
    void identifiersOfWhatWasRecreatedAreAsManyAsAnAnswerHolds() {
        String receipt = UUID.randomUUID().toString();
        database.execute("""
                INSERT INTO revocation (id, account_id, trigger, operation, keys_deleted, credits_returned, balance_after, revoked_at)
                VALUES (?::uuid, ?, 'request', 'all', 9000, 0, 1, clock_timestamp())""", receipt, account);
        database.execute("""
                INSERT INTO revoked_key (revocation_id, id, allocated, used, is_active, model_whitelist, ip_whitelist, created_at,
                                         recreated_as)
                SELECT ?::uuid, 'ek-proxy-' || repeat(U&'\\+01F600', 240) || n, 1, 0, true, '{}', '{}', clock_timestamp(), 'new' || n
                  FROM generate_series(1, 9000) n""", receipt);

        Gateway.Result answer = recreate(receipt, null);

        assertEquals(409, answer.status());
        assertTrue(answer.json().get("replaced").size() > 4_000, "keys: " + answer.json().get("replaced").size());
    }

    @Test
    void feedbackToGithubRepeatsTypesOfAllKinds() {
        ArrayNode report = Api.JSON.createArrayNode();
        while (report.toString().length() < 500_000) {
            report.addObject().put("token", "never-a-key-" + UUID.randomUUID()).put("type", texts.next(20_000)).put("url", "https://x");
        }

        Gateway.Result feedback = Gateway.invoke(Github.shared().event(report.toString()));

        assertEquals(200, feedback.status());
        assertEquals(report.size(), feedback.json().size());
        for (int i = 0; i < report.size(); i++) {
            assertEquals(report.get(i).get("type"), feedback.json().get(i).get("token_type"));
        }
    }

    /** Nobody can make one by the API. */
    @Test
    void aKeyThatNoAnswerHoldsIsAFaultOfOursAndCanBeDeletedAllTheSame() {
        database.execute("""
                INSERT INTO proxy_key (id, account_id, name, secret_hash, allocated, model_whitelist)
                VALUES (?, ?, 'long', sha256(?::bytea), 1, ARRAY[repeat('m', ?)])""",
                "ek-proxy-" + account, account, account, RuntimeApi.MOST_BYTES);

        assertEquals(500, get("").status());
        assertEquals(500, Gateway.invoke(post("/lookup", "{\"proxy_key\":\"ek-proxy-" + account + "\"}")).status());
        String receipt = delete("once").json().get("revocation_id").textValue();
        assertEquals(500, get("/revocation?id=" + receipt).status());
        assertEquals(422, recreate(receipt, null).status());
        assertEquals(0, Accounts.keys(account));
    }

    private void insertKeys() {
        ArrayNode rows = Api.JSON.createArrayNode();
        for (int i = 0; i < KEYS; i++) {
            ObjectNode row = rows.addObject().put("name", texts.next(25));
            ArrayNode models = row.putArray("models");
            for (int model = 0; model < 100; model++) {
                models.add(texts.next(100));
            }
        }
        database.execute("""
                INSERT INTO proxy_key (id, account_id, name, secret_hash, allocated, model_whitelist)
                SELECT 'ek-proxy-' || gen_random_uuid(), ?, name, sha256(gen_random_uuid()::text::bytea), 1,
                       ARRAY(SELECT json_array_elements_text(models))
                  FROM json_to_recordset(?::json) AS row (name text, models json)""", account, rows.toString());
    }

    /** Every page, each of which has to be an answer that Lambda takes, and but for the last well filled. */
    private List<String> follow(String first, Function<JsonNode, JsonNode> items, String field) {
        List<String> values = new ArrayList<>();
        for (String next = Api.PROXY + first; next != null;) {
            Gateway.Result page = get(next.substring(Api.PROXY.length()));
            assertEquals(200, page.status(), page.body());
            values.addAll(items.apply(page.json()).findValuesAsText(field));
            String link = page.header("Link");
            next = link == null ? null : link.substring(1, link.indexOf('>'));
            assertTrue(next == null || page.sentBytes() > WELL_FILLED, "bytes: " + page.sentBytes());
        }
        return values;
    }

    private Gateway.Result get(String pathAndQuery) {
        String[] parts = pathAndQuery.split("\\?", 2);
        return Gateway.invoke(Gateway.event("GET", Api.PROXY + parts[0], parts.length == 1 ? "" : parts[1], authorization()));
    }

    private Gateway.Result delete(String idempotencyKey) {
        ObjectNode event = Gateway.deleteAll(Issuer.shared().token(account));
        event.withObject("/headers").put("idempotency-key", idempotencyKey);
        return Gateway.invoke(event);
    }

    /** @param named {@code null}: all */
    private Gateway.Result recreate(String receipt, List<String> named) {
        ObjectNode body = Api.JSON.createObjectNode().put("revocation_id", receipt);
        if (named != null) {
            named.forEach(body.putArray("proxy_keys")::add);
        }
        return Gateway.invoke(post("/recreate", body.toString()));
    }

    private ObjectNode post(String path, String body) {
        ObjectNode event = Gateway.event("POST", Api.PROXY + path, "", authorization());
        event.withObject("/headers").put("content-type", "application/json");
        return event.put("body", body);
    }

    private Map<String, String> authorization() {
        return Map.of("authorization", "Bearer " + Issuer.shared().token(account));
    }

    private static List<String> lines(List<String> values) {
        return values.stream().map(value -> value + "|").toList();
    }
}
