package io.proxykeys.operation.lookup;

import static org.hamcrest.Matchers.equalTo;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.proxykeys.harness.Accounts;
import io.proxykeys.harness.Api;
import io.proxykeys.harness.Harness;
import io.proxykeys.harness.Issuer;
import io.proxykeys.harness.Postgres;
import io.proxykeys.harness.WireTap.Fault;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** {@code POST /v1/auth/proxy/lookup} */
@QuarkusTest
@WithTestResource(Harness.class)
class LookupTest {

    private final Postgres database = Postgres.shared();

    @AfterEach
    void healTheWire() {
        Harness.tap().reset();
    }

    @Test
    void aKeyIsShownAsInTheListByItsIdentifierAndByItsSecret() {
        String account = Accounts.open("250");
        List<String> ids = Accounts.createFiveKeys(account);
        String listed = Api.json(Api.list(account)).get(0).toString();

        assertEquals(listed, Api.json(Api.lookup(account, ids.get(0)).then().statusCode(200).extract().response()).toString());
        assertEquals(listed, Api.json(Api.lookup(account, Accounts.secret(account, "partly used"))).toString());
        for (int i = 0; i < ids.size(); i++) {
            assertEquals(Api.json(Api.list(account)).get(i), Api.json(Api.lookup(account, ids.get(i))));
        }
    }

    @Test
    void whatTheSchemaLetsThroughIsShownToo() {
        String account = Accounts.open("250");
        Accounts.createOddKeys(account);
        Api.json(Api.list(account)).forEach(key -> assertEquals(key, Api.json(Api.lookup(account, key.get("key").textValue()))));
    }

    @Test
    void anotherAccountsKeyIsForbiddenAndAnUnknownOneNotFound() {
        String account = Accounts.open("100");
        String other = Accounts.open("100");
        String key = Accounts.createKey(other, "key", "10");

        Api.lookup(account, key).then().statusCode(403).body("type", equalTo("urn:problem-type:proxy-keys:foreign-key"));
        Api.lookup(account, Accounts.secret(other, "key")).then().statusCode(403);
        Api.lookup(account, "ek-proxy-nothing").then().statusCode(404);
        Api.lookup(account, "\\u0000").then().statusCode(404);
        Api.lookup("nobody", key).then().statusCode(401);
        Api.deleteAll(other);
        Api.lookup(other, key).then().statusCode(404);
    }

    @Test
    void theKeyIsNamedOnceAndByAString() {
        String account = Accounts.open("100");
        for (String body : List.of("{}", "{\"proxy_key\":\"\"}", "{\"proxy_key\":1}", "{\"proxy_key\":null}", "{\"key\":\"a\"}",
                "{\"proxy_key\":\"a\",\"id\":\"a\"}", "{\"proxy_key\":\"" + "a".repeat(257) + "\"}")) {
            Api.post(account, "/lookup", body).then().statusCode(422);
        }
        assertEquals(List.of(), database.rows("SELECT FROM rate_limit WHERE account_id = ?", account));
    }

    @Test
    void theScopeToReadIsNeeded() {
        Api.with(Issuer.shared().token("a", "proxy_keys:delete proxy_keys:create proxy_keys:write")).post(Api.PROXY + "/lookup").then()
                .statusCode(403).body("detail", equalTo("The access token lacks the scope proxy_keys:read."));
    }

    @Test
    void lookingUpAndChangingShareALimitOfTheirOwn() {
        String account = Accounts.open("100");
        String key = Accounts.createKey(account, "key", "10");
        Accounts.payInAdvance(account, "lookup-update", 59);
        Api.lookup(account, key).then().statusCode(200);
        Api.update(account, key, "\"name\":\"b\"").then().statusCode(429);
        Api.lookup(account, "ek-proxy-nothing").then().statusCode(429);

        Accounts.payInAdvance(account, "lookup-update", 120);
        Response refused = Api.lookup(account, key);

        assertEquals(429, refused.statusCode(), refused.asString());
        assertEquals("\"lookup-update\";q=60;w=60", refused.header("RateLimit-Policy"));
        assertTrue(Integer.parseInt(refused.header("Retry-After")) > 50, refused.header("Retry-After"));
        Api.create(account, "key", "1").then().statusCode(200);
        Api.list(account).then().statusCode(200);
    }

    @Test
    void guessingIsCounted() {
        String account = Accounts.open("100");

        Api.lookup(account, "ek-proxy-nothing").then().statusCode(404);

        assertEquals(List.of("lookup-update|"), database.rows("SELECT bucket FROM rate_limit WHERE account_id = ?", account));
    }

    @Test
    void aLookupTakesFourRoundTripsOnAWarmConnection() {
        String account = Accounts.open("100");
        String key = Accounts.createKey(account, "key", "10");
        Api.lookup(account, key);
        Harness.tap().reset();

        Api.lookup(account, key).then().statusCode(200);

        assertEquals(4, Harness.tap().roundTrips());
    }

    @Test
    void aLostAnswerIsNotNoticedByTheCaller() {
        String account = Accounts.open("100");
        String key = Accounts.createKey(account, "key", "10");
        Harness.tap().fault(Fault.LOSE_COMMIT_ANSWER);

        Api.lookup(account, key).then().statusCode(200);
    }

    @Test
    void aLookupChangesNothingButTheCount() {
        String account = Accounts.open("100");
        String key = Accounts.createKey(account, "key", "10");
        List<String> before = database.rows("SELECT * FROM proxy_key, account WHERE account_id = account.id AND account.id = ?", account);

        Api.lookup(account, key).then().statusCode(200);

        assertEquals(before, database.rows("SELECT * FROM proxy_key, account WHERE account_id = account.id AND account.id = ?", account));
    }

    /** By the indexes: the blocks that PostgreSQL reads for one key do not grow with the account. */
    @Test
    void aKeyAmongAMillionIsFoundAsFastAsOneOfTen() throws SQLException {
        String small = Accounts.open("100");
        String large = Accounts.open("100");
        fill(small, 10);
        fill(large, 1_000_000);

        long fewBlocks = blocks(small);
        long manyBlocks = blocks(large);

        assertTrue(manyBlocks <= fewBlocks + 10, fewBlocks + " and " + manyBlocks + " blocks");
        Api.lookup(large, "ek-proxy-" + large + "-777777").then().statusCode(200);
        database.execute("DELETE FROM proxy_key WHERE account_id = ?", large);
    }

    /** Without the triggers, which take their time for each of a million. */
    private void fill(String account, int keys) throws SQLException {
        try (Connection owner = database.connect()) {
            Postgres.execute(owner, "SET session_replication_role = replica");
            Postgres.execute(owner, """
                    INSERT INTO proxy_key (id, account_id, name, secret_hash, allocated)
                    SELECT 'ek-proxy-' || a.id || '-' || n, a.id, 'key', sha256((a.id || '-' || n)::bytea), 0
                      FROM account a, generate_series(1, ?) n WHERE a.id = ?""", keys, account);
        }
    }

    private long blocks(String account) {
        String plan = String.join("", database.rows("""
                EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON)
                SELECT * FROM look_up_proxy_key('%1$s', 'ek-proxy-%1$s-7', sha256('%1$s-7'), 'test', 0, 1)""".formatted(account)));
        JsonBlocks blocks = new JsonBlocks(plan);
        return blocks.sum();
    }

    /** Hit and read blocks of the topmost node. */
    private record JsonBlocks(String plan) {

        long sum() {
            var node = Api.json(plan.substring(plan.indexOf('['), plan.lastIndexOf(']') + 1)).get(0).get("Plan");
            return node.get("Shared Hit Blocks").longValue() + node.get("Shared Read Blocks").longValue();
        }
    }
}
