package io.proxykeys.operation.deleteall;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.proxykeys.harness.Accounts;
import io.proxykeys.harness.Api;
import io.proxykeys.harness.Harness;
import io.proxykeys.harness.Postgres;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The account's limit on delete-all: 10 a minute, 10 at once. */
@QuarkusTest
@WithTestResource(Harness.class)
class RateLimitTest {

    @Test
    void tenAtOnceAreLetThroughAndTheNextIsToldToWait() {
        String account = Accounts.open("100");
        for (int i = 0; i < 10; i++) {
            Api.deleteAll(account).then().statusCode(200);
        }
        Accounts.createKey(account, "key", "1");
        List<String> before = Accounts.everything(account);

        Response refused = Api.deleteAll(account);

        assertEquals(429, refused.statusCode(), refused.asString());
        int wait = Integer.parseInt(refused.header("Retry-After"));
        assertTrue(wait >= 1 && wait <= 6, "Retry-After: " + wait);
        assertEquals("\"delete-all\";q=10;w=60", refused.header("RateLimit-Policy"));
        assertEquals("\"delete-all\";r=0;t=" + wait, refused.header("RateLimit"));
        assertEquals("application/problem+json", refused.contentType());
        assertEquals(before, Accounts.everything(account));
    }

    @Test
    void afterTheWaitTheNextIsLetThrough() {
        String account = limited();
        Postgres.shared().execute("""
                UPDATE rate_limit SET paid_until = paid_until - interval '6 seconds' WHERE account_id = ? AND bucket = 'delete-all'""",
                account);

        Api.deleteAll(account).then().statusCode(200);
        Api.deleteAll(account).then().statusCode(429);
    }

    @Test
    void aReplayIsNotCountedAndNotRefused() {
        String account = Accounts.open("1");
        for (int i = 0; i < 30; i++) {
            Api.deleteAll(account, "same").then().statusCode(200);
        }
        for (int i = 0; i < 9; i++) {
            Api.deleteAll(account).then().statusCode(200);
        }
        Api.deleteAll(account).then().statusCode(429);
        Api.deleteAll(account, "same").then().statusCode(200);
    }

    @Test
    void malformedAndUnauthorisedCallsAreNotCounted() {
        String account = Accounts.open("1");
        for (int i = 0; i < 12; i++) {
            Api.as(account).delete("/v1/auth/proxy?status=typo").then().statusCode(400);
            Api.as(account).header("Idempotency-Key", "a b").delete("/v1/auth/proxy").then().statusCode(400);
        }
        for (int i = 0; i < 10; i++) {
            Api.deleteAll(account).then().statusCode(200);
        }
    }

    @Test
    void anotherAccountHasItsOwnLimit() {
        limited();

        Api.deleteAll(Accounts.open("1")).then().statusCode(200);
    }

    @Test
    void aRefusedCallLeavesItsIdempotencyKeyUnused() {
        String account = limited();
        Accounts.createKey(account, "key", "1");
        Api.deleteAll(account, "later").then().statusCode(429);
        Postgres.shared().execute("DELETE FROM rate_limit WHERE account_id = ? AND bucket = 'delete-all'", account);

        Response response = Api.deleteAll(account, "later");

        assertEquals(200, response.statusCode());
        assertEquals(1, Api.json(response).get("deleted").intValue());
    }

    private static String limited() {
        String account = Accounts.open("10");
        Accounts.payInAdvance(account, "delete-all", 60);
        Api.deleteAll(account).then().statusCode(429);
        return account;
    }
}
