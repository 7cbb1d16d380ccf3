package io.proxykeys.operation.receipts;

import static org.hamcrest.Matchers.equalTo;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.proxykeys.harness.Accounts;
import io.proxykeys.harness.Api;
import io.proxykeys.harness.Harness;
import io.proxykeys.harness.Issuer;
import io.proxykeys.harness.Postgres;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** {@code GET /v1/auth/proxy/revocation} */
@QuarkusTest
@WithTestResource(Harness.class)
class ReceiptTest {

    private static final String ONE = Api.PROXY + "/revocation";

    @AfterEach
    void healTheWire() {
        Harness.tap().reset();
    }

    @Test
    void itIsTheReceiptThatTheListShowsForTheSameId() {
        String account = Accounts.open("250");
        Accounts.createFiveKeys(account);
        String id = Api.json(Api.deleteAll(account)).get("revocation_id").textValue();

        Response one = Api.as(account).get(ONE + "?id=" + id);

        assertEquals(Api.receipts(account, "?id=" + id).asString(), one.then().statusCode(200).extract().asString());
        assertEquals(5, Api.json(one).get("keys").size());
    }

    @Test
    void theIdIsRequired() {
        String account = Accounts.open("1");
        for (String query : List.of("", "?id=", "?id=1", "?ID=" + UUID.randomUUID(), "?page=a", "?id=" + UUID.randomUUID() + "&a=b",
                "?id=" + UUID.randomUUID() + "&id=" + UUID.randomUUID())) {
            Api.as(account).get(ONE + query).then().statusCode(400);
        }
    }

    @Test
    void anUnknownReceiptAndAnotherAccountsAreNotFound() {
        String other = Accounts.open("1");
        String id = Api.json(Api.deleteAll(other)).get("revocation_id").textValue();

        Api.as(Accounts.open("1")).get(ONE + "?id=" + id).then().statusCode(404)
                .body("type", equalTo("urn:problem-type:proxy-keys:unknown-receipt"));
        Api.as(Accounts.open("1")).get(ONE + "?id=" + UUID.randomUUID()).then().statusCode(404);
        Api.as("nobody").get(ONE + "?id=" + id).then().statusCode(401);
    }

    @Test
    void theScopeToReadIsNeeded() {
        Api.with(Issuer.shared().token("a", "proxy_keys:create proxy_keys:delete proxy_keys:write")).get(ONE).then().statusCode(403);
    }

    @Test
    void aLongOneIsPagedOnThisPath() {
        String account = Accounts.open("1");
        Postgres.shared().execute("""
                INSERT INTO proxy_key (id, account_id, name, secret_hash, allocated)
                SELECT 'ek-proxy-' || a.id || n, a.id, 'key', sha256((a.id || n)::bytea), 0
                  FROM account a, generate_series(1, 15001) n WHERE a.id = ?""", account);
        String id = Api.json(Api.deleteAll(account)).get("revocation_id").textValue();

        Response first = Api.as(account).get(ONE + "?id=" + id);

        String link = first.header("Link");
        assertNotNull(link);
        assertTrue(link.startsWith("<" + ONE + "?id=" + id + "&page="), link);
        assertEquals("15001", first.header("X-Total-Count"));
        Response last = Api.as(account).get(link.replaceAll("<(.*)>.*", "$1"));
        assertEquals(1, Api.json(last.then().statusCode(200).extract().response()).get("keys").size());
    }
}
