package io.proxykeys.operation.recreate;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.hamcrest.Matchers.equalTo;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.proxykeys.harness.Accounts;
import io.proxykeys.harness.Api;
import io.proxykeys.harness.Harness;
import io.proxykeys.harness.Postgres;
import io.proxykeys.revocation.LiveStatements;
import io.proxykeys.revocation.LiveStatements.Order;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A recreation against what others do to the same account at the same moment. */
@QuarkusTest
@WithTestResource(Harness.class)
class RecreateInterleavingTest {

    private static final String RECREATE = """
            SELECT count(*) FROM recreate_proxy_keys(?, ?, NULL, ARRAY['ek-proxy-1' || ?, 'ek-proxy-2' || ?, 'ek-proxy-3' || ?],
                   ARRAY[sha256((? || 1)::bytea), sha256((? || 2)::bytea), sha256((? || 3)::bytea)], 'recreate', 0, 1)""";

    private final Postgres database = Postgres.shared();
    private final String account = Accounts.open("250");
    private String receipt;

    @BeforeEach
    void deleteFiveKeys() {
        Accounts.createFiveKeys(account);
        receipt = Api.json(Api.deleteAll(account)).get("revocation_id").textValue();
    }

    @AfterEach
    void theBooksBalance() {
        Harness.tap().reset();
        assertEquals(0L, database.one(Long.class, """
                SELECT count(*) FROM (SELECT recreated_as FROM revoked_key WHERE revocation_id = ? AND recreated_as IS NOT NULL
                                       GROUP BY recreated_as HAVING count(*) > 1) twice""", UUID.fromString(receipt)));
    }

    @Test
    void ofTwoAtOnceOneRecreatesAndTheOtherIsTold() throws Exception {
        try (Connection other = connect()) {
            lock(other);
            recreate(other);

            CompletableFuture<Response> second = CompletableFuture.supplyAsync(() -> Api.recreate(account, receipt));
            database.awaitWaitingForALock(Postgres.FUNCTION_USER);
            other.commit();

            second.get(20, SECONDS).then().statusCode(409).body("replaced.size()", equalTo(3));
        }
        assertEquals(3, Accounts.keys(account));
        assertEquals(new BigDecimal("174.500000"), Accounts.total(account));
    }

    @Test
    void manyAtOnceRecreateEachKeyOnce() {
        List<CompletableFuture<Response>> calls = java.util.stream.Stream.generate(() -> CompletableFuture.supplyAsync(
                () -> Api.recreate(account, receipt))).limit(8).toList();

        List<Integer> statuses = calls.stream().map(CompletableFuture::join).map(Response::statusCode).sorted().toList();

        assertEquals(List.of(200, 409, 409, 409, 409, 409, 409, 409), statuses);
        assertEquals(3, Accounts.keys(account));
        assertEquals(new BigDecimal("174.500000"), Accounts.total(account));
    }

    @Test
    void aDeletionWaitsForARecreationInFlightAndTakesItsKeys() throws Exception {
        try (Connection other = connect()) {
            lock(other);
            recreate(other);

            CompletableFuture<Response> deletion = CompletableFuture.supplyAsync(() -> Api.deleteAll(account));
            database.awaitWaitingForALock(Postgres.FUNCTION_USER);
            other.commit();

            deletion.get(20, SECONDS).then().statusCode(200).body("deleted", equalTo(3));
        }
        assertEquals(0, Accounts.keys(account));
        assertEquals("174.500000", Accounts.balance(account).toString());
    }

    @Test
    void aRecreationWaitsForADeletionInFlightAndItsBlock() throws Exception {
        try (Connection deletion = LiveStatements.connect()) {
            LiveStatements.lock(deletion, account);
            LiveStatements.revoke(deletion, Order.ofAll(account).blocking(600));

            CompletableFuture<Response> recreation = CompletableFuture.supplyAsync(() -> Api.recreate(account, receipt));
            database.awaitWaitingForALock(Postgres.FUNCTION_USER);
            deletion.commit();

            recreation.get(20, SECONDS).then().statusCode(409).body("type", equalTo("urn:problem-type:proxy-keys:new-keys-blocked"));
        }
        assertEquals(0, Accounts.keys(account));
    }

    /** A deletion whose outcome is unknown tells the id of its receipt before it is known whether there will be one. */
    @Test
    void aRecreationWaitsForTheDeletionThatWritesItsReceipt() throws Exception {
        Accounts.createKey(account, "last", "10");
        try (Connection deletion = LiveStatements.connect()) {
            LiveStatements.lock(deletion, account);
            receipt = LiveStatements.deleteAll(deletion, account).toString();

            CompletableFuture<Response> recreation = CompletableFuture.supplyAsync(() -> Api.recreate(account, receipt));
            database.awaitWaitingForALock(Postgres.FUNCTION_USER);
            deletion.commit();

            recreation.get(20, SECONDS).then().statusCode(200).body("recreated", equalTo(1));
        }
        assertEquals(1, Accounts.keys(account));
    }

    @Test
    void aTopUpInFlightCounts() throws Exception {
        Accounts.createKey(account, "other", "100");
        try (Connection billing = connect()) {
            Postgres.execute(billing, "SELECT top_up(?, 60, 'invoice')", account);

            CompletableFuture<Response> recreation = CompletableFuture.supplyAsync(() -> Api.recreate(account, receipt));
            database.awaitWaitingForALock(Postgres.FUNCTION_USER);
            billing.commit();

            recreation.get(20, SECONDS).then().statusCode(200).body("recreated", equalTo(3));
        }
        assertEquals("0.000000", Accounts.balance(account).toString());
    }

    @Test
    void aCreationInFlightThatTakesTheCreditsCounts() throws Exception {
        try (Connection creator = connect()) {
            Postgres.execute(creator, "SELECT create_proxy_key(?, 'other', sha256(?::bytea), 50, NULL, NULL, NULL)", account, account);

            CompletableFuture<Response> recreation = CompletableFuture.supplyAsync(() -> Api.recreate(account, receipt));
            database.awaitWaitingForALock(Postgres.FUNCTION_USER);
            creator.commit();

            recreation.get(20, SECONDS).then().statusCode(402);
        }
        assertEquals(1, Accounts.keys(account));
        assertEquals("124.500000", Accounts.balance(account).toString());
    }

    @Test
    void aReceiptThatIsJustPurgedIsUnknown() throws Exception {
        database.execute("UPDATE revocation SET revoked_at = revoked_at - interval '100 days' WHERE id = ?", UUID.fromString(receipt));
        try (Connection maintenance = connect()) {
            Postgres.execute(maintenance, "SELECT purge_receipts()");

            CompletableFuture<Response> recreation = CompletableFuture.supplyAsync(() -> Api.recreate(account, receipt));
            database.awaitWaitingForALock(Postgres.FUNCTION_USER);
            maintenance.commit();

            recreation.get(20, SECONDS).then().statusCode(404);
        }
        assertEquals(0, Accounts.keys(account));
    }

    @Test
    void aReceiptThatIsBeingUsedIsNotPurged() throws Exception {
        database.execute("UPDATE revocation SET revoked_at = revoked_at - interval '100 days' WHERE id = ?", UUID.fromString(receipt));
        try (Connection other = connect()) {
            lock(other);
            recreate(other);
            database.execute("SELECT purge_receipts()");
            other.commit();
        }
        assertEquals(3, Accounts.keys(account));
        assertEquals(1, Accounts.receipts(account));
    }

    /** The account is locked by a deletion while a call to the old key is settled, which gives the rest to the balance. */
    @Test
    void aSettlementOfTheOldKeyWaitsAndGoesToTheBalance() throws Exception {
        Accounts.createKey(account, "busy", "10");
        UUID hold = Accounts.hold(account, "busy", "4");
        receipt = Api.json(Api.deleteAll(account)).get("revocation_id").textValue();
        try (Connection other = connect()) {
            lock(other);
            recreate(other);

            CompletableFuture<BigDecimal> settlement = CompletableFuture.supplyAsync(() -> Accounts.settle(hold, "1"));
            database.awaitWaitingForALock("postgres");
            other.commit();

            assertEquals(new BigDecimal("3.000000"), settlement.get(20, SECONDS));
        }
        assertEquals(new BigDecimal("173.500000"), Accounts.total(account));
    }

    private Connection connect() throws SQLException {
        Connection connection = database.connect();
        connection.setAutoCommit(false);
        return connection;
    }

    private void lock(Connection connection) throws SQLException {
        LiveStatements.lock(connection, account);
    }

    private void recreate(Connection connection) throws SQLException {
        Postgres.one(connection, Long.class, RECREATE, account, UUID.fromString(receipt), account, account, account, account, account,
                account);
    }
}
