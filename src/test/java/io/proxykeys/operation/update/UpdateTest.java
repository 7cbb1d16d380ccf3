package io.proxykeys.operation.update;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.hamcrest.Matchers.equalTo;
import static org.junit.jupiter.api.Assertions.assertEquals;
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
import java.sql.Connection;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code POST /v1/auth/proxy/update} */
@QuarkusTest
@WithTestResource(Harness.class)
class UpdateTest {

    private final Postgres database = Postgres.shared();

    @AfterEach
    void healTheWire() {
        Harness.tap().reset();
    }

    @Test
    void everySettingIsChangedAndTheCachesAreTold() throws Exception {
        String account = Accounts.open("100");
        String key = Accounts.createKey(account, "key", "10");
        JsonNode before = Api.json(Api.lookup(account, key));
        try (Notifications notifications = new Notifications()) {
            Response answer = Api.update(account, key, """
                    "name":"other","expires_at":4102444800,"allocated_ammount":25.5,"model_whitelist":["new"],"ip_whitelist":[]""");

            assertEquals("{\"message\":\"Proxy key updated\"}", answer.then().statusCode(200).extract().asString());
            assertEquals(List.of("1"), notifications.about(account).stream().map(message -> message.get("keys_version").asText()).toList());
        }
        JsonNode after = Api.json(Api.lookup(account, key));
        assertEquals("{\"name\":\"other\",\"key\":\"" + key + "\",\"expires_at\":4102444800,\"allocated_ammount\":25.500000,"
                + "\"used_ammount\":0.000000,\"is_active\":true,\"model_whitelist\":[\"new\"],\"ip_whitelist\":[],\"created_at\":"
                + before.get("created_at") + ",\"last_used\":null,\"rotated_at\":null,\"overlap_until\":null,\"suspension_id\":null}", after
                        .toString());
        assertEquals("74.500000", Accounts.balance(account).toString());
    }

    @ParameterizedTest
    @ValueSource(strings = { "\"name\":\"n\"", "\"expires_at\":4102444800", "\"allocated_ammount\":5", "\"model_whitelist\":[]",
            "\"ip_whitelist\":[\"::1\"]" })
    void whatIsNotNamedStaysAsItIs(String field) {
        String account = Accounts.open("100");
        String key = Accounts.createKey(account, "key", "10");
        JsonNode before = Api.json(Api.lookup(account, key));

        Api.update(account, key, field).then().statusCode(200);

        JsonNode after = Api.json(Api.lookup(account, key));
        String changed = field.split("\"", -1)[1];
        before.fieldNames().forEachRemaining(name -> {
            if (name.equals(changed)) {
                assertTrue(!before.get(name).equals(after.get(name)), after.toString());
            } else {
                assertEquals(before.get(name), after.get(name), name);
            }
        });
        assertEquals(new BigDecimal("100.000000"), Accounts.total(account));
    }

    @ParameterizedTest
    @CsvSource({ "10,90", "4,96", "4.000000,96", "1e1,90", "100,0", "99.999999,0.000001" })
    void theDifferenceMovesFromAndToTheBalanceExactly(String allocated, String balance) {
        String account = Accounts.open("100");
        String key = Accounts.createKey(account, "key", "10");
        Accounts.spend(account, "key", "4");

        Api.update(account, key, "\"allocated_ammount\":" + allocated).then().statusCode(200);

        assertEquals(0, new BigDecimal(balance).compareTo(Accounts.balance(account)), Accounts.balance(account).toString());
        assertEquals(new BigDecimal("100.000000"), Accounts.total(account));
    }

    @Test
    void lessThanIsUsedAndMoreThanTheBalanceAreRefused() {
        String account = Accounts.open("100");
        String key = Accounts.createKey(account, "key", "10");
        Accounts.spend(account, "key", "4");
        List<String> before = database.rows("SELECT * FROM proxy_key WHERE id = ?", key);

        Api.update(account, key, "\"name\":\"n\",\"allocated_ammount\":3.999999").then().statusCode(422)
                .body("detail", equalTo("allocated_ammount must not be less than the key has used. Nothing was changed."));
        Api.update(account, key, "\"name\":\"n\",\"allocated_ammount\":100.000001").then().statusCode(402);

        assertEquals(before, database.rows("SELECT * FROM proxy_key WHERE id = ?", key));
        assertEquals(0L, database.one(Long.class, "SELECT keys_version FROM account WHERE id = ?", account));
        assertEquals("90.000000", Accounts.balance(account).toString());
    }

    @Test
    void anExpiryThatHasPassedIsAcceptedOnlyIfItIsTheStoredOne() {
        String account = Accounts.open("100");
        String key = Accounts.createKey(account, "key", "10");
        database.execute("UPDATE proxy_key SET expires_at = '2020-01-01 00:00:00.5+00' WHERE id = ?", key);

        Api.update(account, key, "\"name\":\"n\",\"expires_at\":1577836800").then().statusCode(200);
        Api.update(account, key, "\"name\":\"m\",\"expires_at\":1577836801").then().statusCode(422)
                .body("detail", equalTo("expires_at must be a time in the future in Unix seconds, or -1 for never. Nothing was changed."));

        assertEquals(List.of("n|2020-01-01 00:00:00.5+00|"), database.rows("SELECT name, expires_at FROM proxy_key WHERE id = ?", key));
        Api.update(account, key, "\"expires_at\":-1").then().statusCode(200);
        Api.lookup(account, key).then().body("expires_at", equalTo(-1));
        Accounts.spend(account, "key", "1");
    }

    @ParameterizedTest
    @ValueSource(strings = { "\"limit_type\":\"daily\"", "\"is_active\":true", "\"name\":\"\"", "\"name\":null", "\"allocated_ammount\":0",
            "\"allocated_ammount\":-0", "\"allocated_ammount\":1e400", "\"allocated_ammount\":\"1\"", "\"allocated_ammount\":1.0000001",
            "\"expires_at\":null", "\"expires_at\":0", "\"expires_at\":1.5", "\"model_whitelist\":[1]", "\"ip_whitelist\":[\"10.0.0.1/8\"]",
            "\"created_at\":1" })
    void anotherFieldOrValueIsRefused(String fields) {
        String account = Accounts.open("100");
        String key = Accounts.createKey(account, "key", "10");
        List<String> before = database.rows("SELECT * FROM proxy_key WHERE id = ?", key);

        Api.update(account, key, fields).then().statusCode(422);

        assertEquals(before, database.rows("SELECT * FROM proxy_key WHERE id = ?", key));
    }

    @Test
    void theKeyIsNamedByIdentifierOrSecretAndIsTheCallers() {
        String account = Accounts.open("100");
        String other = Accounts.open("100");
        String foreign = Accounts.createKey(other, "key", "10");
        Accounts.createKey(account, "key", "10");

        Api.update(account, Accounts.secret(account, "key"), "\"name\":\"n\"").then().statusCode(200);
        Api.update(account, foreign, "\"name\":\"n\"").then().statusCode(403);
        Api.update(account, "ek-proxy-nothing", "\"name\":\"n\"").then().statusCode(404);
        Api.update("nobody", foreign, "\"name\":\"n\"").then().statusCode(401);
        Api.post(account, "/update", "{\"name\":\"n\"}").then().statusCode(422);
        Api.post(account, "/update", "{\"proxy_key\":\"" + foreign + "\"}").then().statusCode(422);
        assertEquals(List.of("key|"), database.rows("SELECT name FROM proxy_key WHERE id = ?", foreign));
    }

    @Test
    void theScopeToCreateIsNeeded() {
        Api.with(Issuer.shared().token("a", "proxy_keys:delete proxy_keys:read proxy_keys:write")).post(Api.PROXY + "/update").then()
                .statusCode(403).body("detail", equalTo("The access token lacks the scope proxy_keys:create."));
    }

    @Test
    void aHoldInFlightIsWaitedForAndCounts() throws Exception {
        String account = Accounts.open("100");
        String key = Accounts.createKey(account, "key", "10");
        try (Connection gateway = database.connect()) {
            gateway.setAutoCommit(false);
            Accounts.hold(gateway, account, "key", "7");

            CompletableFuture<Response> change = CompletableFuture.supplyAsync(() -> Api.update(account, key, "\"allocated_ammount\":5"));
            database.awaitWaitingForALock(Postgres.FUNCTION_USER);
            gateway.commit();

            assertEquals(422, change.get(20, SECONDS).statusCode());
        }
        assertEquals("90.000000", Accounts.balance(account).toString());
    }

    @Test
    void aSettlementCountsOnceItIsCommitted() throws Exception {
        String account = Accounts.open("100");
        String key = Accounts.createKey(account, "key", "10");
        UUID hold = Accounts.hold(account, "key", "7");
        try (Connection gateway = database.connect()) {
            gateway.setAutoCommit(false);
            Accounts.settle(gateway, hold, "1");
            Api.update(account, key, "\"allocated_ammount\":5").then().statusCode(422);
            gateway.commit();
        }
        Api.update(account, key, "\"allocated_ammount\":5").then().statusCode(200);
        assertEquals(List.of("5.000000|1.000000|"), database.rows("SELECT allocated, used FROM proxy_key WHERE id = ?", key));
        assertEquals("95.000000", Accounts.balance(account).toString());
    }

    @Test
    void anUpdateTakesFourRoundTripsOnAWarmConnection() {
        String account = Accounts.open("100");
        String key = Accounts.createKey(account, "key", "10");
        Api.update(account, key, "\"name\":\"a\"");
        Harness.tap().reset();

        Api.update(account, key, "\"name\":\"b\"").then().statusCode(200);

        assertEquals(4, Harness.tap().roundTrips());
    }

    @Test
    void aLostConfirmationIsNotHidden() {
        String account = Accounts.open("100");
        String key = Accounts.createKey(account, "key", "10");
        Harness.tap().fault(Fault.LOSE_COMMIT_ANSWER);

        JsonNode problem = Api.json(Api.update(account, key, "\"allocated_ammount\":20").then().statusCode(503).extract().response());

        assertTrue(problem.get("detail").textValue().contains("outcome is unknown"), problem.toString());
        assertEquals("80.000000", Accounts.balance(account).toString());
    }
}
