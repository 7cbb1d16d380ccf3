package io.proxykeys.operation.list;

import static org.hamcrest.Matchers.equalTo;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.proxykeys.harness.Accounts;
import io.proxykeys.harness.Api;
import io.proxykeys.harness.Gateway;
import io.proxykeys.harness.Harness;
import io.proxykeys.harness.Issuer;
import io.proxykeys.harness.Postgres;
import io.proxykeys.json.Cursor;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code GET /v1/auth/proxy} */
@QuarkusTest
@WithTestResource(Harness.class)
class ListTest {

    private final Postgres database = Postgres.shared();

    @Test
    void everyKeyIsListedInTheOrderOfCreationInTheNamesOfThisApiFamily() {
        String account = Accounts.open("1250");
        List<String> ids = Accounts.createFiveKeys(account);
        long created = database.one(Long.class,
                "SELECT floor(extract(epoch from created_at))::bigint FROM proxy_key WHERE id = ?", ids.get(0));
        long used = database.one(Long.class,
                "SELECT floor(extract(epoch from last_used))::bigint FROM proxy_key WHERE id = ?", ids.get(0));
        long expired = database.one(Long.class,
                "SELECT floor(extract(epoch from expires_at))::bigint FROM proxy_key WHERE id = ?", ids.get(2));

        Response response = Api.list(account);

        JsonNode list = Api.json(response.then().statusCode(200).extract().response());
        assertEquals(ids, list.findValuesAsText("key"));
        assertEquals("{\"name\":\"partly used\",\"key\":\"" + ids.get(0) + "\",\"expires_at\":-1,"
                + "\"allocated_ammount\":100.000000,\"used_ammount\":45.500000,\"is_active\":true,"
                + "\"model_whitelist\":[\"large\",\"small\"],\"ip_whitelist\":[\"10.0.0.0/8\"],"
                + "\"created_at\":" + created + ",\"last_used\":" + used
                + ",\"rotated_at\":null,\"overlap_until\":null,\"suspension_id\":null}", list.get(0).toString());
        assertEquals(expired, list.get(2).get("expires_at").longValue());
        assertTrue(list.get(1).get("last_used").isNull());
        assertEquals("false", list.get(3).get("is_active").toString());
        assertNull(response.header("Link"));
        assertEquals("no-store", response.header("Cache-Control"));
    }

    @Test
    void anAccountWithoutKeysHasAnEmptyList() {
        assertEquals("[]", Api.list(Accounts.open("1")).then().statusCode(200).extract().asString());
    }

    @Test
    void anUnknownAccountHasNone() {
        Api.list("nobody").then().statusCode(401);
        Api.as("nobody").get(Api.PROXY + "?" + Cursor.START.query()).then().statusCode(401);
        Api.as("nobody").get(Api.PROXY + "?" + new Cursor(1, "a").query()).then().statusCode(401);
    }

    /** The second whose number means never. */
    @ParameterizedTest
    @ValueSource(strings = { "1969-12-31 23:59:59+00", "1969-12-31 23:59:59.5+00" })
    void whatHasExpiredDoesNotLookAsIfItNeverDid(String expiry) {
        String account = Accounts.open("10");
        String id = Accounts.createKey(account, "key", "1");
        Postgres.shared().execute("UPDATE proxy_key SET expires_at = ?::timestamptz WHERE id = ?", expiry, id);

        Api.list(account).then().body("[0].expires_at", equalTo(-2));
        Api.as(account).get(Api.PROXY + "?status=expired").then().body("key", equalTo(List.of(id)));
    }

    @Test
    void oddValuesDoNotBreakTheList() {
        String account = Accounts.open("10");
        Accounts.createOddKeys(account);

        JsonNode list = Api.json(Api.list(account).then().statusCode(200).extract().response());

        assertEquals(2, list.size());
        assertTrue(list.get(0).get("name").isNull());
        assertEquals(-1, list.get(0).get("expires_at").longValue());
        assertEquals("[null,\"a\\\"b\\\\\",\"\u2028 \\n\"]", list.get(0).get("model_whitelist").toString());
        assertEquals(List.of("a", "b", "c", "d"), strings(list.get(0).get("ip_whitelist")));
        assertEquals(-62_135_596_800L, list.get(0).get("created_at").longValue());
        assertEquals(-62_135_596_800L, list.get(0).get("last_used").longValue());
        assertEquals(-62_135_596_800L, list.get(1).get("expires_at").longValue(), "expired since ever");
        assertEquals("\t\"\\", list.get(1).get("name").textValue());
        assertEquals("[]", list.get(1).get("model_whitelist").toString());
        assertEquals(253_402_300_799L, list.get(1).get("created_at").longValue());
        assertEquals(253_402_300_799L, list.get(1).get("last_used").longValue());
    }

    @Test
    void upTo15000KeysComeInOneArrayAndMoreInPages() {
        String account = Accounts.open("1");
        insert(account, 15_000);
        Response whole = Api.list(account);
        assertEquals(15_000, Api.json(whole).size());
        assertNull(whole.header("Link"));
        assertNull(whole.header("X-Total-Count"));
        insert(account, 15_100);

        List<String> keys = new ArrayList<>();
        int pages = 0;
        for (String next = Api.PROXY; next != null; pages++) {
            Response page = Api.as(account).get(next);
            assertEquals(200, page.statusCode());
            assertEquals("30100", page.header("X-Total-Count"));
            keys.addAll(Api.json(page).findValuesAsText("key"));
            String link = page.header("Link");
            assertTrue(link == null || link.matches("</v1/auth/proxy\\?page=[A-Za-z0-9_-]+>; rel=\"next\""), link);
            next = link == null ? null : link.substring(1, link.indexOf('>'));
        }

        assertEquals(3, pages);
        assertEquals(database.rows("SELECT id FROM proxy_key WHERE account_id = ? ORDER BY created_at, id", account),
                keys.stream().map(key -> key + "|").toList());
    }

    @Test
    void aPageStaysBelowWhatLambdaCanAnswer() {
        String account = Accounts.open("1");
        insert(account, 400);
        database.execute("""
                UPDATE proxy_key SET model_whitelist = array_fill(repeat('"', 100), ARRAY[200]) WHERE account_id = ?""", account);

        Gateway.Result result = Gateway.invoke(Gateway.event("GET", Api.PROXY, "",
                Map.of("authorization", "Bearer " + Issuer.shared().token(account))));

        assertEquals(200, result.status());
        assertTrue(result.payload().toString().length() < 6_000_000, "bytes: " + result.payload().toString().length());
        assertTrue(result.header("Link").contains("rel=\"next\""));
        assertEquals("400", result.header("X-Total-Count"));
    }

    @ParameterizedTest
    @ValueSource(strings = { "page", "page=", "page=x", "page=%00", "page=MQ", "page=MSAA", "page=OTk5OTk5OTk5OTk5OTk5OTk5OSBh",
            "status=all",
            "limit=1", "&" })
    void aQueryThatIsNotALinkOfOursIsRefused(String query) {
        Gateway.Result result = Gateway.invoke(Gateway.event("GET", Api.PROXY, query,
                Map.of("authorization", "Bearer " + Issuer.shared().token(Accounts.open("1")))));

        assertEquals(400, result.status());
    }

    @Test
    void theScopeToReadIsNeeded() {
        Api.with(Issuer.shared().token("a", "proxy_keys:delete proxy_keys:write")).get(Api.PROXY).then().statusCode(403)
                .body("detail", equalTo("The access token lacks the scope proxy_keys:read."));
    }

    @Test
    void aListTakesOneRoundTripOnAWarmConnection() {
        String account = Accounts.open("250");
        Accounts.createFiveKeys(account);
        Api.list(account);
        Harness.tap().reset();

        Api.list(account).then().statusCode(200);

        assertEquals(1, Harness.tap().roundTrips());
    }

    private static List<String> strings(JsonNode array) {
        List<String> all = new ArrayList<>();
        array.forEach(item -> all.add(item.textValue()));
        return all;
    }

    private void insert(String account, int keys) {
        database.execute("""
                INSERT INTO proxy_key (id, account_id, name, secret_hash, allocated)
                SELECT 'ek-proxy-' || gen_random_uuid(), ?, 'many', sha256(gen_random_uuid()::text::bytea), 0
                  FROM generate_series(1, ?)""", account, keys);
    }
}
