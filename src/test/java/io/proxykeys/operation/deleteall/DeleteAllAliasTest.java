package io.proxykeys.operation.deleteall;

import static org.hamcrest.Matchers.equalTo;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.proxykeys.harness.Accounts;
import io.proxykeys.harness.Api;
import io.proxykeys.harness.Harness;
import io.proxykeys.harness.Issuer;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** {@code DELETE /v1/auth/proxy/delete} */
@QuarkusTest
@WithTestResource(Harness.class)
class DeleteAllAliasTest {

    private static final String ALIAS = Api.PROXY + "/delete";

    @AfterEach
    void healTheWire() {
        Harness.tap().reset();
    }

    @Test
    void itDeletesAllOrASelection() {
        String account = Accounts.open("250");
        Accounts.createFiveKeys(account);

        Api.as(account).delete(ALIAS + "?status=expired").then().statusCode(200).body("deleted", equalTo(1));
        Api.as(account).delete(ALIAS).then().statusCode(200).body("message", equalTo("Proxy keys deleted")).body("deleted", equalTo(4));
        Api.as(account).delete(ALIAS).then().statusCode(200).body("deleted", equalTo(0));

        assertEquals("174.500000", Accounts.balance(account).toString());
    }

    @Test
    void anIdempotencyKeyIsTheSameOnBothPaths() {
        String account = Accounts.open("250");
        Accounts.createFiveKeys(account);

        Response first = Api.deleteAll(account, "same");
        Response second = Api.as(account).header("Idempotency-Key", "same").delete(ALIAS);

        assertEquals(first.asString(), second.asString());
        assertEquals("true", second.header("Idempotency-Replayed"));
    }

    @Test
    void theLimitIsTheSameOnBothPaths() {
        String account = Accounts.open("1");
        Accounts.payInAdvance(account, "delete-all", 56);
        Api.as(account).delete(ALIAS).then().statusCode(429);
        Api.deleteAll(account).then().statusCode(429);
    }

    @Test
    void anythingAfterItIsNotFoundAndDeletesNothing() {
        String account = Accounts.open("250");
        List<String> keys = Accounts.createFiveKeys(account);
        List<String> before = Accounts.everything(account);

        for (String path : List.of("/", "/" + keys.get(0), "/" + Accounts.secret(account, "unused").replace(" ", "%20"), ";a=b", "/..",
                "%2F", "/.")) {
            Api.as(account).delete(ALIAS + path).then().statusCode(404);
        }
        for (String method : List.of("GET", "POST", "PUT", "PATCH")) {
            Api.as(account).request(method, ALIAS).then().statusCode(404);
        }
        Api.as(account).delete(ALIAS + "?status=typo").then().statusCode(400);
        Api.as(account).header("Idempotency-Key", "a,b").delete(ALIAS).then().statusCode(400);
        assertEquals(before, Accounts.everything(account));
    }

    @Test
    void theScopeToDeleteIsNeeded() {
        Api.with(Issuer.shared().token("a", "proxy_keys:create proxy_keys:read proxy_keys:write")).delete(ALIAS).then().statusCode(403);
        Api.withoutToken().delete(ALIAS).then().statusCode(401);
    }

    @Test
    void itTakesFourRoundTripsOnAWarmConnection() {
        String account = Accounts.open("1");
        Api.as(account).delete(ALIAS);
        Harness.tap().reset();

        Api.as(account).delete(ALIAS).then().statusCode(200);

        assertEquals(4, Harness.tap().roundTrips());
    }
}
