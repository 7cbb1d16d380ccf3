package io.proxykeys.operation.deleteall;

import static org.hamcrest.Matchers.equalTo;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.proxykeys.database.RateLimit;
import io.proxykeys.harness.Accounts;
import io.proxykeys.harness.Api;
import io.proxykeys.harness.Gateway;
import io.proxykeys.harness.Harness;
import io.proxykeys.harness.Issuer;
import io.proxykeys.harness.Postgres;
import io.proxykeys.revocation.LiveStatements;
import io.proxykeys.revocation.LiveStatements.Order;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** {@code Idempotency-Key} on {@code DELETE /v1/auth/proxy} */
@QuarkusTest
@WithTestResource(Harness.class)
class IdempotencyTest {

    @Test
    void aRepeatReturnsTheFirstAnswerByteForByteAndChangesNothing() {
        String account = Accounts.open("250");
        Accounts.createFiveKeys(account);
        String key = UUID.randomUUID().toString();
        Response first = Api.deleteAll(account, key);
        assertEquals(200, first.statusCode());
        assertNull(first.header("Idempotency-Replayed"));
        Accounts.createKey(account, "made in between", "12.5");
        List<String> before = Accounts.everything(account);

        Response repeat = Api.deleteAll(account, key);

        repeat.then().statusCode(200).header("Idempotency-Replayed", equalTo("true"));
        assertEquals(first.asString(), repeat.asString());
        assertEquals(before, Accounts.everything(account));
    }

    @Test
    void anEmptyRevocationIsRepeatedToo() {
        String account = Accounts.open("1");
        Response first = Api.deleteAll(account, "same");
        Accounts.createKey(account, "made in between", "1");

        assertEquals(first.asString(), Api.deleteAll(account, "same").asString());
        assertEquals(1, Accounts.keys(account));
    }

    @Test
    void withoutTheHeaderARepeatIsANewRevocation() {
        String account = Accounts.open("1");

        assertNotEquals(Api.json(Api.deleteAll(account)).get("revocation_id"),
                Api.json(Api.deleteAll(account)).get("revocation_id"));
    }

    @Test
    void anotherAccountMayUseTheSameKey() {
        String one = Accounts.open("10");
        String two = Accounts.open("10");
        Accounts.createKey(two, "key", "1");
        Api.deleteAll(one, "shared").then().statusCode(200);

        Api.deleteAll(two, "shared").then().statusCode(200).body("deleted", equalTo(1));
    }

    @Test
    void theSameKeyForAnotherFilterIsRefused() {
        String account = Accounts.open("250");
        Accounts.createFiveKeys(account);
        Api.as(account).header("Idempotency-Key", "k").delete("/v1/auth/proxy?status=expired").then().statusCode(200);
        List<String> before = Accounts.everything(account);

        Api.deleteAll(account, "k").then().statusCode(422).header("Content-Type", equalTo("application/problem+json"));

        assertEquals(before, Accounts.everything(account));
    }

    @Test
    void aKeyThatWasUsedForSomethingElseIsRefusedAsThatAlsoWhenTheLimitIsReached() {
        String account = Accounts.open("250");
        List<String> ids = Accounts.createFiveKeys(account);
        Api.remove(account, ids.get(0), "removal").then().statusCode(200);
        Api.suspend(account, "?status=expired", "suspension").then().statusCode(200);
        for (String bucket : List.of("delete-all", "remove", "suspend")) {
            Accounts.payInAdvance(account, bucket, 600);
        }
        List<String> before = Accounts.everything(account);

        for (String used : List.of("removal", "suspension")) {
            Api.deleteAll(account, used).then().statusCode(422);
            Api.remove(account, ids.get(1), used).then().statusCode(422);
            Api.removeAll(account, ids, used).then().statusCode(422);
            Api.suspend(account, "", used).then().statusCode(422);
            Api.suspendNamed(account, ids, used).then().statusCode(422);
        }
        Api.deleteAll(account, "new").then().statusCode(429);
        Api.remove(account, ids.get(1), "new").then().statusCode(429);
        Api.suspend(account, "", "new").then().statusCode(429);
        assertEquals(before, Accounts.everything(account));
    }

    @Test
    void identicalRequestsAtTheSameMomentAreOneRevocation() {
        // The function serves one request at a time, so two running copies are played by a lock that both wait for:
        // the database function is what both of them call.
        String account = Accounts.open("250");
        Accounts.createFiveKeys(account);

        List<CompletableFuture<String>> calls = Stream.generate(() -> CompletableFuture.supplyAsync(() -> revoke(account)))
                .limit(8).toList();
        List<String> outcomes = calls.stream().map(CompletableFuture::join).sorted().toList();

        assertEquals(List.of("replayed", "replayed", "replayed", "replayed", "replayed", "replayed", "replayed", "revoked"),
                outcomes);
        assertEquals(1, Accounts.receipts(account));
        assertEquals("174.500000", Accounts.balance(account).toString());
    }

    static Stream<String> malformed() {
        return Stream.of("", " ", "a b", "a,b", ",", "a\tb", "a\nb", "\u00e9", "a".repeat(256), "\u0000", " padded");
    }

    @ParameterizedTest
    @MethodSource("malformed")
    void aMalformedKeyIsRefusedAndNothingChanges(String key) {
        String account = Accounts.open("10");
        Accounts.createKey(account, "key", "1");
        List<String> before = Accounts.everything(account);

        Gateway.Result result = Gateway.invoke(Gateway.event("DELETE", "/v1/auth/proxy", "", Map.of(
                "authorization", "Bearer " + Issuer.shared().token(account), "idempotency-key", key)));

        assertEquals(400, result.status());
        assertEquals(before, Accounts.everything(account));
    }

    @Test
    void theLongestAndTheOddestValidKeysAreAccepted() {
        for (String key : List.of("!", "~", "a".repeat(255), "\"quoted\"", "a;b=c\\")) {
            String account = Accounts.open("1");
            Gateway.Result result = Gateway.invoke(Gateway.event("DELETE", "/v1/auth/proxy", "", Map.of(
                    "authorization", "Bearer " + Issuer.shared().token(account), "Idempotency-Key", key)));
            assertEquals(200, result.status(), key);
            assertEquals(key, Postgres.shared().one(String.class,
                    "SELECT dedupe_key FROM revocation WHERE account_id = ?", account));
        }
    }

    private static String revoke(String account) {
        try (Connection function = LiveStatements.connect()) {
            LiveStatements.lock(function, account);
            String outcome = LiveStatements.revoke(function,
                    Order.ofAll(account).withDedupeKey("same").limitedTo(new RateLimit("delete-all", 10, 10)));
            function.commit();
            return outcome;
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }
}
