package io.proxykeys.operation.suspend;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.hamcrest.Matchers.equalTo;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.proxykeys.harness.Accounts;
import io.proxykeys.harness.Api;
import io.proxykeys.harness.Harness;
import io.proxykeys.harness.Postgres;
import io.proxykeys.revocation.LiveStatements;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A suspension and its end, against what others do to the same account at the same moment: once in flight when the call comes, and once
 * coming while the call is in flight.
 */
@QuarkusTest
@WithTestResource(Harness.class)
class SuspendInterleavingTest {

    private static final String OWNER = "postgres";
    /** The round trip after BEGIN, the lock and the statement. */
    private static final int COMMIT = 4;

    private final Postgres database = Postgres.shared();
    private final String account = Accounts.open("300");
    private List<String> ids;

    @BeforeEach
    void createKeys() {
        ids = Accounts.createFiveKeys(account);
    }

    @AfterEach
    void theBooksBalanceAndNoActiveKeyIsSuspended() {
        Harness.tap().reset();
        assertEquals(new BigDecimal("224.500000"), Accounts.unspent(account));
        assertEquals(0L, count("is_active AND suspended_by IS NOT NULL"));
    }

    // --- Another is in flight when the suspension comes -----------------------------------------------------------------

    @ParameterizedTest
    @ValueSource(booleans = { true, false })
    void aKeyWhoseCreationIsInFlightIsSuspendedToo(boolean insertedFirst) throws Exception {
        try (Connection creator = connect()) {
            if (insertedFirst) {
                Accounts.insertKey(creator, account, "0");
            } else {
                Postgres.execute(creator, "SELECT create_proxy_key(?, 'new', sha256(?::bytea), 5, NULL, NULL, NULL)", account, account);
            }

            whileWaiting(() -> Api.suspend(account, ""), creator).then().statusCode(200).body("suspended", equalTo(5));
        }
        assertEquals(0L, count("is_active"));
    }

    @Test
    void ofKeysThatADeletionInFlightTakesNoneIsSuspended() throws Exception {
        try (Connection deletion = LiveStatements.connect()) {
            LiveStatements.lock(deletion, account);
            LiveStatements.deleteAll(deletion, account);

            whileWaiting(() -> Api.suspend(account, ""), deletion).then().statusCode(200).body("suspended", equalTo(0));
        }
        assertEquals(0, Accounts.keys(account));
    }

    @Test
    void aKeyThatAToggleInFlightDisablesStaysDisabledAfterTheResumption() throws Exception {
        Response suspended;
        try (Connection toggle = connect()) {
            toggle(toggle, ids.get(0), false);

            suspended = whileWaiting(() -> Api.suspend(account, ""), toggle);
        }
        suspended.then().statusCode(200).body("suspended", equalTo(3));
        Api.resume(account, SuspendTest.suspension(suspended)).then().statusCode(200).body("resumed", equalTo(3));
        assertEquals(2L, count("NOT is_active"));
    }

    @Test
    void aKeyThatIsChangedInFlightIsSelectedAsItIsThen() throws Exception {
        try (Connection update = connect()) {
            LiveStatements.lock(update, account);
            Postgres.execute(update, "UPDATE proxy_key SET name = 'un' || name WHERE id = ?", ids.get(0));
            Postgres.execute(update, "UPDATE proxy_key SET name = 'x' || name WHERE id = ?", ids.get(1));

            whileWaiting(() -> Api.suspend(account, "?name_prefix=un"), update).then().statusCode(200).body("suspended", equalTo(1));
        }
        assertEquals(1L, count("id = '" + ids.get(0) + "' AND NOT is_active"));
    }

    @Test
    void anExpiryThatIsExtendedInFlightIsNoExpiry() throws Exception {
        try (Connection update = connect()) {
            LiveStatements.lock(update, account);
            Postgres.execute(update, "UPDATE proxy_key SET expires_at = NULL WHERE id = ?", ids.get(2));

            whileWaiting(() -> Api.suspend(account, "?status=expired"), update).then().statusCode(200).body("suspended", equalTo(0));
        }
    }

    @Test
    void aSpendInFlightIsWaitedForAndTheNextIsRefused() throws Exception {
        try (Connection spender = connect()) {
            Accounts.spend(spender, account, "unused", "4");
            whileWaiting(() -> Api.suspend(account, ""), spender).then().statusCode(200).body("suspended", equalTo(4));
        }
        assertTrue(assertThrows(IllegalStateException.class, () -> Accounts.spend(account, "unused", "1")).getCause().getMessage()
                .contains("disabled"));
        database.execute("UPDATE account SET balance = balance + 4 WHERE id = ?", account);
    }

    @Test
    void aSettlementGoesOnUnderASuspension() {
        UUID hold = Accounts.hold(account, "unused", "4");
        Api.suspend(account, "").then().statusCode(200).body("suspended", equalTo(4));

        assertEquals(new BigDecimal("3.000000"), Accounts.settle(hold, "1"));

        assertEquals("1.000000", Accounts.used(account, "unused").toString());
        database.execute("UPDATE account SET balance = balance + 1 WHERE id = ?", account);
    }

    @Test
    void twoCallsWithOneIdempotencyKeyAreOneSuspension() {
        List<CompletableFuture<Response>> calls = Stream.generate(() -> CompletableFuture.supplyAsync(
                () -> Api.suspend(account, "", "same"))).limit(4).toList();

        assertEquals(1, calls.stream().map(CompletableFuture::join).map(Response::asString).distinct().count());
        assertEquals(1L, database.one(Long.class, "SELECT count(*) FROM suspension WHERE account_id = ?", account));
        assertEquals(1L, database.one(Long.class, "SELECT keys_version FROM account WHERE id = ?", account));
    }

    // --- The suspension is in flight when another comes -----------------------------------------------------------------

    @Test
    void aCreationWaitsAndItsKeyIsNotSuspended() throws Exception {
        duringASuspension(connection -> Postgres.execute(connection,
                "SELECT create_proxy_key(?, 'new', sha256(?::bytea), 5, NULL, NULL, NULL)", account, account)).join();

        assertEquals(1L, count("is_active"));
    }

    @Test
    void aDeletionWaitsAndItsReceiptRecreatesTheKeysAsTheyWereBefore() throws Exception {
        duringASuspension(connection -> {
            LiveStatements.lock(connection, account);
            LiveStatements.deleteAll(connection, account);
        }).join();

        assertEquals(0, Accounts.keys(account));
        String receipt = Api.json(Api.receipts(account, "")).get(0).get("revocation_id").textValue();
        Api.recreate(account, receipt).then().statusCode(200).body("keys.is_active", equalTo(List.of(true, true, false)));
    }

    @ParameterizedTest
    @ValueSource(booleans = { true, false })
    void aToggleWaitsAndTakesItsKeyOut(boolean state) throws Exception {
        duringASuspension(connection -> toggle(connection, ids.get(0), state)).join();

        assertEquals(1L, count("id = '" + ids.get(0) + "' AND is_active = " + state + " AND suspended_by IS NULL"));
        Api.resume(account, suspension()).then().statusCode(200).body("resumed", equalTo(3)).body("skipped", equalTo(1));
        assertEquals(1L, count("id = '" + ids.get(0) + "' AND is_active = " + state));
    }

    @ParameterizedTest
    @ValueSource(strings = { "spend_credits(sha256(?::bytea), 1)", "hold_credits(sha256(?::bytea), 1, 60)" })
    void whoSpendsOnAKeyWaitsAndIsRefused(String call) throws Exception {
        CompletableFuture<Void> spend = duringASuspension(connection -> Postgres.execute(connection, "SELECT " + call, Accounts.secret(
                account,
                "unused")));

        String refused = assertThrows(CompletionException.class, spend::join).getCause().toString();
        assertTrue(refused.contains("PK002") || refused.contains("disabled"), refused);
    }

    // --- The resumption -------------------------------------------------------------------------------------------------

    @Test
    void aDeletionInFlightIsNotUndoneByAResumption() throws Exception {
        String suspension = SuspendTest.suspension(Api.suspend(account, ""));
        try (Connection deletion = LiveStatements.connect()) {
            LiveStatements.lock(deletion, account);
            LiveStatements.deleteAll(deletion, account);

            whileWaiting(() -> Api.resume(account, suspension), deletion).then().statusCode(200).body("resumed", equalTo(0))
                    .body("skipped", equalTo(4));
        }
        assertEquals(0, Accounts.keys(account));
    }

    @Test
    void aBlockInFlightRefusesAResumption() throws Exception {
        String suspension = SuspendTest.suspension(Api.suspend(account, ""));
        try (Connection alert = connect()) {
            LiveStatements.lock(alert, account);
            Postgres.execute(alert, "UPDATE account SET new_keys_blocked_until = clock_timestamp() + interval '1 minute' WHERE id = ?",
                    account);

            whileWaiting(() -> Api.resume(account, suspension), alert).then().statusCode(409);
        }
        assertEquals(0L, count("is_active"));
    }

    @Test
    void aToggleInFlightTakesItsKeyOutBeforeTheResumption() throws Exception {
        String suspension = SuspendTest.suspension(Api.suspend(account, ""));
        try (Connection toggle = connect()) {
            toggle(toggle, ids.get(0), false);

            whileWaiting(() -> Api.resume(account, suspension), toggle).then().statusCode(200).body("resumed", equalTo(3))
                    .body("skipped", equalTo(1));
        }
        assertEquals(1L, count("id = '" + ids.get(0) + "' AND NOT is_active"));
    }

    @Test
    void twoResumptionsAtOnceResumeEachKeyOnce() {
        String suspension = SuspendTest.suspension(Api.suspend(account, ""));
        List<CompletableFuture<Response>> calls = Stream.generate(() -> CompletableFuture.supplyAsync(
                () -> Api.resume(account, suspension))).limit(4).toList();

        assertEquals(4, calls.stream().map(CompletableFuture::join).mapToInt(call -> Api.json(call).get("resumed").intValue()).sum());
    }

    /** Starts the call, which has to wait for this connection's transaction, commits that, and returns the answer. */
    private Response whileWaiting(Supplier<Response> call, Connection inFlight) throws Exception {
        CompletableFuture<Response> answer = CompletableFuture.supplyAsync(call);
        database.awaitWaitingForALock(Postgres.FUNCTION_USER);
        inFlight.commit();
        return answer.get(20, SECONDS);
    }

    /** Does something else when a suspension has done everything but COMMIT: it has to wait for that. */
    private CompletableFuture<Void> duringASuspension(Work other) throws Exception {
        Api.suspend(Accounts.open("1"), "").then().statusCode(200); // so that the statements are prepared
        CompletableFuture<CompletableFuture<Void>> started = new CompletableFuture<>();
        Harness.tap().beforeRoundTrip(COMMIT, () -> {
            CompletableFuture<Void> work = CompletableFuture.runAsync(() -> run(other));
            database.awaitWaitingForALock(OWNER);
            started.complete(work);
        });
        Api.suspend(account, "").then().statusCode(200).body("suspended", equalTo(4));
        return started.get(20, SECONDS);
    }

    private void run(Work other) {
        try (Connection connection = connect()) {
            other.on(connection);
            connection.commit();
        } catch (SQLException e) {
            throw new IllegalStateException(e.getSQLState() + " " + e.getMessage(), e);
        }
    }

    private void toggle(Connection connection, String key, boolean active) throws SQLException {
        LiveStatements.lock(connection, account);
        Postgres.one(connection, String.class, "SELECT outcome FROM switch_proxy_key(?, ?, NULL, ?, true)", account, key, active);
    }

    private Connection connect() throws SQLException {
        Connection connection = database.connect();
        LiveStatements.begin(connection);
        return connection;
    }

    private String suspension() {
        return database.one(UUID.class, "SELECT id FROM suspension WHERE account_id = ?", account).toString();
    }

    private long count(String condition) {
        return database.one(Long.class, "SELECT count(*) FROM proxy_key WHERE account_id = ? AND " + condition, account);
    }

    /** Something that waits. */
    private interface Work {
        void on(Connection connection) throws SQLException;
    }
}
