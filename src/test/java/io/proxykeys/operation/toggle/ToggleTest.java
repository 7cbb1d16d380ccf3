package io.proxykeys.operation.toggle;

import static org.hamcrest.Matchers.equalTo;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

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
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** {@code POST /v1/auth/proxy/toggle} */
@QuarkusTest
@WithTestResource(Harness.class)
class ToggleTest {

    private final Postgres database = Postgres.shared();

    @AfterEach
    void healTheWire() {
        Harness.tap().reset();
    }

    @Test
    void aKeyIsDisabledAndEnabledAgainAndNoCreditMoves() {
        String account = Accounts.open("100");
        String key = Accounts.createKey(account, "key", "10");

        Response first = Api.toggle(account, key);
        assertEquals("{\"message\":\"Proxy key status updated\",\"status\":false}", first.then().statusCode(200).extract().asString());
        assertThrows(IllegalStateException.class, () -> Accounts.spend(account, "key", "1"));
        Api.toggle(account, key).then().statusCode(200).body("status", equalTo(true));
        Accounts.spend(account, "key", "1");

        assertEquals("90.000000", Accounts.balance(account).toString());
        assertEquals(0, Accounts.receipts(account));
    }

    @Test
    void theStateCanBeSetAndSetAgain() throws Exception {
        String account = Accounts.open("100");
        String key = Accounts.createKey(account, "key", "10");
        try (Notifications notifications = new Notifications()) {
            for (boolean state : new boolean[] { true, false, false, true }) {
                Api.toggle(account, key, state).then().statusCode(200).body("status", equalTo(state));
            }

            // Two of the four changed something.
            assertEquals(List.of("1", "2"), notifications.about(account).stream()
                    .map(message -> message.get("keys_version").asText()).toList());
            assertEquals(2L, database.one(Long.class, "SELECT keys_version FROM account WHERE id = ?", account));
        }
    }

    @Test
    void aKeyIsFoundByItsSecretToo() {
        String account = Accounts.open("100");
        Accounts.createKey(account, "key", "10");

        Api.toggle(account, Accounts.secret(account, "key")).then().statusCode(200).body("status", equalTo(false));
    }

    @Test
    void anotherAccountsKeyIsForbiddenAndAnUnknownOneNotFound() {
        String account = Accounts.open("100");
        String other = Accounts.open("100");
        String key = Accounts.createKey(other, "key", "10");
        List<String> before = Accounts.everything(other);

        Api.toggle(account, key).then().statusCode(403);
        Api.toggle(account, Accounts.secret(other, "key"), false).then().statusCode(403);
        Api.toggle(account, "ek-proxy-nothing").then().statusCode(404);
        Api.toggle("nobody", key).then().statusCode(401);

        assertEquals(before, Accounts.everything(other));
    }

    @Test
    void theScopeToWriteIsNeeded() {
        Api.with(Issuer.shared().token("a", "proxy_keys:delete proxy_keys:read")).post(Api.PROXY + "/toggle").then()
                .statusCode(403).body("detail", equalTo("The access token lacks the scope proxy_keys:write."));
    }

    @Test
    void isActiveHasToBeTrueOrFalse() {
        String account = Accounts.open("100");
        String key = Accounts.createKey(account, "key", "10");
        for (String value : List.of("null", "0", "1", "\"false\"", "[]")) {
            Api.as(account).contentType("application/json").body("{\"proxy_key\":\"" + key + "\",\"is_active\":" + value + "}")
                    .post(Api.PROXY + "/toggle").then().statusCode(422);
        }
        Api.as(account).contentType("application/json").body("{\"proxy_key\":\"" + key + "\",\"is_activ\":false}")
                .post(Api.PROXY + "/toggle").then().statusCode(422);
        assertTrue(active(key));
    }

    @Test
    void aToggleTakesFourRoundTripsOnAWarmConnection() {
        String account = Accounts.open("100");
        String key = Accounts.createKey(account, "key", "10");
        Api.toggle(account, key);
        Harness.tap().reset();

        Api.toggle(account, key).then().statusCode(200);

        assertEquals(4, Harness.tap().roundTrips());
    }

    @Test
    void aFlipWhoseConfirmationIsLostIsNotFlippedBack() {
        String account = Accounts.open("100");
        String key = Accounts.createKey(account, "key", "10");
        Harness.tap().fault(Fault.LOSE_COMMIT_ANSWER);

        Response response = Api.toggle(account, key);

        assertEquals(503, response.statusCode());
        assertTrue(response.asString().contains("outcome is unknown"), response.asString());
        assertFalse(active(key));
    }

    private boolean active(String key) {
        return database.one(Boolean.class, "SELECT is_active FROM proxy_key WHERE id = ?", key);
    }
}
