package io.proxykeys.operation.deleteall;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.hamcrest.Matchers.equalTo;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.proxykeys.harness.Accounts;
import io.proxykeys.harness.Api;
import io.proxykeys.harness.Harness;
import io.proxykeys.harness.Notifications;
import io.proxykeys.harness.Postgres;
import io.proxykeys.harness.WireTap.Fault;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import java.math.BigDecimal;
import java.sql.Connection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Delete-all against what others do to the same account at the same moment, and against a database that fails. */
@QuarkusTest
@WithTestResource(Harness.class)
class InterleavingTest {

    private final Postgres database = Postgres.shared();

    @AfterEach
    void healTheWire() {
        Harness.tap().reset();
    }

    @Test
    void aCreationInFlightThatTakesTheCreditsFirstLeavesNoKeyBehind() throws Exception {
        String account = Accounts.open("100");
        Accounts.createKey(account, "old", "10");
        try (Connection creator = database.connect()) {
            creator.setAutoCommit(false);
            Postgres.execute(creator, "UPDATE account SET balance = balance - 5 WHERE id = ?", account);

            CompletableFuture<Response> deletion = CompletableFuture.supplyAsync(() -> Api.deleteAll(account));
            database.awaitWaitingForALock(Postgres.FUNCTION_USER);
            Accounts.insertKey(creator, account, "5");
            creator.commit();

            deletion.get(20, SECONDS).then().statusCode(200).body("deleted", equalTo(2));
        }
        assertEquals(0, Accounts.keys(account));
        assertEquals(new BigDecimal("100.000000"), Accounts.balance(account));
    }

    @Test
    void aCreationInFlightThatInsertsTheKeyFirstLeavesNoKeyBehind() throws Exception {
        String account = Accounts.open("100");
        Accounts.createKey(account, "old", "10");
        try (Connection creator = database.connect()) {
            creator.setAutoCommit(false);
            Accounts.insertKey(creator, account, "5");

            CompletableFuture<Response> deletion = CompletableFuture.supplyAsync(() -> Api.deleteAll(account));
            database.awaitWaitingForALock(Postgres.FUNCTION_USER);
            Postgres.execute(creator, "UPDATE account SET balance = balance - 5 WHERE id = ?", account);
            creator.commit();

            deletion.get(20, SECONDS).then().statusCode(200).body("deleted", equalTo(2));
        }
        assertEquals(0, Accounts.keys(account));
        assertEquals(new BigDecimal("100.000000"), Accounts.balance(account));
    }

    @Test
    void aSpendInFlightIsWaitedForAndNotRefunded() throws Exception {
        String account = Accounts.open("100");
        Accounts.createKey(account, "key", "10");
        try (Connection spender = database.connect()) {
            spender.setAutoCommit(false);
            Accounts.spend(spender, account, "key", "4");

            CompletableFuture<Response> deletion = CompletableFuture.supplyAsync(() -> Api.deleteAll(account));
            database.awaitWaitingForALock(Postgres.FUNCTION_USER);
            spender.commit();

            Response answer = deletion.get(20, SECONDS);
            assertEquals(new BigDecimal("6.000000"), Api.json(answer).get("credits_returned").decimalValue());
        }
        assertEquals(new BigDecimal("96.000000"), Accounts.balance(account));
    }

    @Test
    void aTransactionThatFailsLeavesEverythingAsItWasAndTellsNobody() throws Exception {
        String account = Accounts.open("250");
        Accounts.createFiveKeys(account);
        List<String> before = Accounts.everything(account);
        database.execute("ALTER TABLE revocation ADD CONSTRAINT broken CHECK (account_id <> '" + account + "')");
        try (Notifications notifications = new Notifications()) {
            Api.deleteAll(account).then().statusCode(500).header("Content-Type", equalTo("application/problem+json"));

            assertEquals(before, Accounts.everything(account));
            assertEquals(List.of(), notifications.about(account));
        } finally {
            database.execute("ALTER TABLE revocation DROP CONSTRAINT broken");
        }
        Api.deleteAll(account).then().statusCode(200).body("deleted", equalTo(5));
    }

    @Test
    void whenBeginIsRefusedNothingThatWasSentAfterItIsDone() throws Exception {
        String account = Accounts.open("250");
        Accounts.createFiveKeys(account);
        Api.deleteAll("nobody"); // so that the connection is there and the statements are prepared
        List<String> before = Accounts.everything(account);
        try (Notifications notifications = new Notifications()) {
            Harness.tap().fault(Fault.REFUSE_BEGIN);

            Api.deleteAll(account).then().statusCode(500);

            assertEquals(before, Accounts.everything(account));
            assertEquals(0, Accounts.receipts(account));
            assertEquals(List.of(), notifications.about(account));
        }
        Api.deleteAll(account).then().statusCode(200).body("deleted", equalTo(5));
    }

    @Test
    void aConnectionThatWasClosedMeanwhileIsNotNoticedByTheCaller() {
        String account = Accounts.open("250");
        Api.deleteAll(account).then().statusCode(200);
        Accounts.createFiveKeys(account);

        Harness.tap().closeConnections();

        Api.deleteAll(account).then().statusCode(200).body("deleted", equalTo(5));
    }

    @Test
    void aConnectionThatWasResetMeanwhileIsNotNoticedByTheCaller() {
        for (int i = 0; i < 5; i++) {
            String account = Accounts.open("250");
            Api.deleteAll(account).then().statusCode(200);
            Accounts.createFiveKeys(account);

            Harness.tap().resetConnections();

            Api.deleteAll(account).then().statusCode(200).body("deleted", equalTo(5));
        }
    }

    @Test
    void whenTheAnswerToCommitIsLostTheRetryFindsTheReceipt() {
        String account = Accounts.open("250");
        Accounts.createFiveKeys(account);
        Harness.tap().fault(Fault.LOSE_COMMIT_ANSWER);

        Api.deleteAll(account).then().statusCode(200).body("deleted", equalTo(5));

        assertEquals(1, Accounts.receipts(account));
        assertEquals(new BigDecimal("174.500000"), Accounts.balance(account));
    }
}
