package io.proxykeys.operation.deleteall;

import static org.hamcrest.Matchers.equalTo;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.proxykeys.harness.Accounts;
import io.proxykeys.harness.Api;
import io.proxykeys.harness.Gateway;
import io.proxykeys.harness.Harness;
import io.proxykeys.harness.Issuer;
import io.proxykeys.harness.Notifications;
import io.proxykeys.harness.Postgres;
import io.proxykeys.harness.WireTap;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import java.math.BigDecimal;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code DELETE /v1/auth/proxy} */
@QuarkusTest
@WithTestResource(Harness.class)
class DeleteAllTest {

    private final Postgres database = Postgres.shared();

    @Test
    void everyKeyGoesAndTheUnusedCreditsComeBack() {
        String account = Accounts.open("1250");
        Accounts.createFiveKeys(account);

        Response response = Api.deleteAll(account);

        JsonNode answer = Api.json(response.then().statusCode(200).extract().response());
        assertEquals("Proxy keys deleted", answer.get("message").textValue());
        assertEquals(5, answer.get("deleted").intValue());
        assertTrue(response.asString().contains("\"credits_returned\":174.500000,\"balance\":1174.500000,"), response.asString());
        assertEquals(7, UUID.fromString(answer.get("revocation_id").textValue()).version());
        assertEquals((double) Instant.now().getEpochSecond(), answer.get("revoked_at").doubleValue(), 60);
        assertEquals(6, answer.size(), "additional fields: " + answer);
        assertEquals(0, Accounts.keys(account));
        assertEquals(new BigDecimal("1174.500000"), Accounts.balance(account));
    }

    @Test
    void theAnswerIsNeverStoredOrSniffed() {
        Api.deleteAll(Accounts.open("1")).then().statusCode(200)
                .header("Content-Type", equalTo("application/json"))
                .header("Cache-Control", equalTo("no-store"))
                .header("X-Content-Type-Options", equalTo("nosniff"));
    }

    @ParameterizedTest
    @ValueSource(ints = { 0, 1, 5, 1000 })
    void countCreditsBalanceAndReceiptAreExact(int keys) {
        String account = Accounts.open("5000.000001");
        String other = Accounts.open("327.7");
        Accounts.createFiveKeys(other);
        database.execute("""
                SELECT create_proxy_key(?, 'key ' || n, sha256((? || n)::bytea), 1.000003 * (1 + n % 3), NULL, '{}', '{}')
                  FROM generate_series(1, ?) n""", account, account, keys);
        database.execute("""
                SELECT spend_credits(sha256((? || n)::bytea), 0.333333) FROM generate_series(1, ?) n WHERE n % 2 = 0""",
                account, keys);
        List<String> othersBefore = Accounts.everything(other);
        BigDecimal total = Accounts.total(account);
        List<String> settings = database.rows("""
                SELECT id, name, allocated, used, is_active, expires_at, model_whitelist, ip_whitelist, created_at, last_used
                  FROM proxy_key WHERE account_id = ? ORDER BY id""", account);
        BigDecimal used = database.one(BigDecimal.class,
                "SELECT coalesce(sum(used), 0.000000) FROM proxy_key WHERE account_id = ?", account);
        BigDecimal unused = database.one(BigDecimal.class,
                "SELECT coalesce(sum(allocated - used), 0.000000) FROM proxy_key WHERE account_id = ?", account);

        JsonNode answer = Api.json(Api.deleteAll(account).then().statusCode(200).extract().response());

        assertEquals(keys, answer.get("deleted").intValue());
        assertEquals(unused, answer.get("credits_returned").decimalValue());
        assertEquals(total.subtract(used), answer.get("balance").decimalValue());
        assertEquals(total.subtract(used), Accounts.balance(account));
        assertEquals(List.of(keys + "|" + unused + "|" + answer.get("balance").asText() + "|request|all|test-client|"
                + answer.get("revoked_at").asText() + "|"),
                database.rows("""
                        SELECT keys_deleted, credits_returned, balance_after, trigger, operation, requested_by,
                               floor(extract(epoch from revoked_at))::bigint
                          FROM revocation WHERE account_id = ?""", account));
        assertEquals(settings, database.rows("""
                SELECT id, name, allocated, used, is_active, expires_at, model_whitelist, ip_whitelist, created_at, last_used
                  FROM revoked_key WHERE revocation_id = ?::uuid ORDER BY id""", answer.get("revocation_id").textValue()));
        assertEquals(othersBefore, Accounts.everything(other), "another account was touched");
    }

    @Test
    void aBalanceBeyondWhatAKeyCanHoldTakesCreditsBack() {
        String account = Accounts.open("99999999999999.999999");
        Accounts.createKey(account, "as large as can be", "99999999999999.999999");
        Accounts.spend(account, "as large as can be", "0.000001");
        database.execute("UPDATE account SET balance = 99999899999999999999 WHERE id = ?", account);

        JsonNode answer = Api.json(Api.deleteAll(account).then().statusCode(200).extract().response());

        assertEquals(new BigDecimal("99999999999999.999998"), answer.get("credits_returned").decimalValue());
        assertEquals(new BigDecimal("99999999999999999998.999998"), answer.get("balance").decimalValue());
        assertEquals(new BigDecimal("99999999999999999998.999998"), Accounts.balance(account));
    }

    @Test
    void aBalanceThatCannotTakeThemKeepsTheKeys() {
        String account = Accounts.open("10");
        Accounts.createKey(account, "key", "10");
        database.execute("UPDATE account SET balance = 99999999999999999999 WHERE id = ?", account);
        List<String> before = Accounts.everything(account);

        Api.deleteAll(account).then().statusCode(500);

        assertEquals(before, Accounts.everything(account));
    }

    @Test
    void aSecondCallDeletesNothingAndSaysSo() {
        String account = Accounts.open("100");
        Accounts.createKey(account, "one", "10");
        Api.deleteAll(account).then().statusCode(200);

        JsonNode second = Api.json(Api.deleteAll(account).then().statusCode(200).extract().response());

        assertEquals(0, second.get("deleted").intValue());
        assertEquals(new BigDecimal("0.000000"), second.get("credits_returned").decimalValue());
        assertEquals(new BigDecimal("100.000000"), second.get("balance").decimalValue());
        assertEquals(2, Accounts.receipts(account));
    }

    @ParameterizedTest
    @ValueSource(strings = { "expired", "inactive", "never_used" })
    void withAStatusOnlyThoseKeysGo(String status) {
        String account = Accounts.open("250");
        Accounts.createFiveKeys(account);
        String predicate = switch (status) {
            case "expired" -> "expires_at <= now()";
            case "inactive" -> "NOT is_active";
            default -> "used = 0";
        };
        List<String> stay = database.rows(
                "SELECT * FROM proxy_key WHERE account_id = ? AND (" + predicate + ") IS NOT TRUE ORDER BY id", account);

        JsonNode answer = Api.json(Api.as(account).delete("/v1/auth/proxy?status=" + status).then().statusCode(200)
                .extract().response());

        assertEquals(5 - stay.size(), answer.get("deleted").intValue());
        assertEquals(stay, database.rows("SELECT * FROM proxy_key WHERE account_id = ? ORDER BY id", account));
        assertEquals(status, database.one(String.class, "SELECT operation FROM revocation WHERE account_id = ?", account));
    }

    @ParameterizedTest
    @ValueSource(strings = { "status", "status=", "status=all", "status=EXPIRED", "Status=expired", "status=expired%20",
            "status=expired&status=expired", "status=expired&", "status=expired,inactive", "statu=expired", "a=b", "&", "=",
            "status=expired&x=1", "%73tatus=expired", "status=%65xpired" })
    void aQueryThatIsNotUnderstoodDeletesNothing(String query) {
        String account = Accounts.open("250");
        Accounts.createFiveKeys(account);
        List<String> before = Accounts.everything(account);

        Gateway.Result result = Gateway.invoke(Gateway.event("DELETE", "/v1/auth/proxy", query,
                Map.of("authorization", "Bearer " + Issuer.shared().token(account))));

        assertEquals(400, result.status());
        assertEquals("application/problem+json", result.header("Content-Type"));
        assertTrue(result.json().get("detail").textValue().contains("Nothing was changed"), result.body());

        assertEquals(before, Accounts.everything(account));
    }

    @Test
    void aRequestBodyIsIgnored() {
        String account = Accounts.open("100");
        Accounts.createKey(account, "one", "10");

        Api.as(account).header("Content-Type", "text/plain").body("{ this is not JSON").delete("/v1/auth/proxy")
                .then().statusCode(200).body("deleted", equalTo(1));
    }

    @Test
    void afterTheAnswerNoKeyCanSpend() {
        String account = Accounts.open("250");
        Accounts.createFiveKeys(account);
        Api.deleteAll(account).then().statusCode(200);

        for (String key : List.of("partly used", "unused", "expired", "disabled", "fully used")) {
            IllegalStateException refused = assertThrows(IllegalStateException.class,
                    () -> Accounts.spend(account, key, "0.000001"));
            assertEquals("PK001", ((SQLException) refused.getCause()).getSQLState());
        }
    }

    @Test
    void cachesAreToldOnce() throws Exception {
        String account = Accounts.open("250");
        Accounts.createFiveKeys(account);
        try (Notifications notifications = new Notifications()) {
            Api.deleteAll(account).then().statusCode(200);
            // Nothing is deleted the second time, so there is nothing to tell.
            Api.deleteAll(account).then().statusCode(200);

            List<JsonNode> received = notifications.about(account);

            assertEquals(1, received.size(), received.toString());
            assertEquals(database.one(Long.class, "SELECT keys_version FROM account WHERE id = ?", account),
                    received.get(0).get("keys_version").longValue());
            assertEquals(1, received.get(0).get("keys_version").longValue());
        }
    }

    @Test
    void aDeletionTakesFourRoundTripsOnAWarmConnection() {
        String account = Accounts.open("250");
        Api.deleteAll(account).then().statusCode(200);
        Accounts.createFiveKeys(account);
        WireTap tap = Harness.tap();
        tap.reset();

        Api.deleteAll(account).then().statusCode(200).body("deleted", equalTo(5));

        assertEquals(4, tap.roundTrips(), "statements sent as text: " + tap.statements());
    }

    @Test
    void nothingIsWaitedForBeforeTheCommit() {
        String account = Accounts.open("250");
        Api.deleteAll(account).then().statusCode(200);
        Accounts.createFiveKeys(account);
        Harness.tap().reset();
        Harness.tap().answerNothingBefore(3);

        Api.deleteAll(account).then().statusCode(200).body("deleted", equalTo(5));
    }

    @Test
    void theAccountIsLockedFirstAndAlone() throws Exception {
        String account = Accounts.open("250");
        Accounts.createFiveKeys(account);
        Harness.tap().reset();
        Harness.tap().closeConnections();

        Api.deleteAll(account).then().statusCode(200);

        List<String> statements = Harness.tap().statements();
        int lock = statements.indexOf("SELECT id FROM lock_account_for_change($1)");
        assertTrue(lock > 0, statements.toString());
        assertEquals("BEGIN ISOLATION LEVEL READ COMMITTED", statements.get(lock - 1));
        assertEquals("COMMIT", statements.get(statements.size() - 1));
    }
}
