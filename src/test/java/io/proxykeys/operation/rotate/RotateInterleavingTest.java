package io.proxykeys.operation.rotate;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.hamcrest.Matchers.equalTo;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.proxykeys.harness.Accounts;
import io.proxykeys.harness.Api;
import io.proxykeys.harness.Harness;
import io.proxykeys.harness.Postgres;
import io.proxykeys.harness.WireTap.Fault;
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
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A rotation against what others do with the same key or secret at the same moment. */
@QuarkusTest
@WithTestResource(Harness.class)
class RotateInterleavingTest {

    private static final String OWNER = "postgres";
    /** The round trip after BEGIN, the lock and the statement. */
    private static final int COMMIT = 4;
    private static final String CREATE = "SELECT create_proxy_key(?, 'stolen', sha256(?::bytea), 1, NULL, NULL, NULL)";

    private final Postgres database = Postgres.shared();
    private final String account = Accounts.open("100");
    private final String other = Accounts.open("100");
    private final String old = Accounts.secret(account, "key");
    private String id;

    @BeforeEach
    void createKey() {
        id = Accounts.createKey(account, "key", "10");
    }

    @AfterEach
    void noSecretIsBurntAndAlive() {
        Harness.tap().reset();
        assertEquals(0L, database.one(Long.class,
                "SELECT count(*) FROM proxy_key k JOIN burnt_secret b ON b.secret_hash = k.secret_hash WHERE k.account_id IN (?, ?)",
                account,
                other));
    }

    // --- Another is in flight when the rotation comes -------------------------------------------------------------------

    @Test
    void aKeyThatADeletionInFlightTakesIsUnknown() throws Exception {
        try (Connection deletion = LiveStatements.connect()) {
            LiveStatements.lock(deletion, account);
            LiveStatements.deleteAll(deletion, account);

            whileWaiting(() -> Api.rotate(account, id, 60), deletion).then().statusCode(404);
        }
        assertEquals(0, Accounts.keys(account));
    }

    @Test
    void aBlockInFlightRefusesTheRotation() throws Exception {
        try (Connection alert = connect()) {
            LiveStatements.lock(alert, account);
            Postgres.execute(alert, "UPDATE account SET new_keys_blocked_until = clock_timestamp() + interval '1 minute' WHERE id = ?",
                    account);

            whileWaiting(() -> Api.rotate(account, id, 60), alert).then().statusCode(409);
        }
        Accounts.spend(account, "key", "1");
    }

    @Test
    void aKeyThatIsSuspendedInFlightIsRotatedAndStaysSuspended() throws Exception {
        UUID suspension = UUID.randomUUID();
        try (Connection suspending = connect()) {
            LiveStatements.lock(suspending, account);
            Postgres.execute(suspending, "UPDATE proxy_key SET is_active = false, suspended_by = ? WHERE id = ?", suspension, id);

            whileWaiting(() -> Api.rotate(account, id, 60), suspending).then().statusCode(200);
        }
        assertEquals(suspension, database.one(UUID.class, "SELECT suspended_by FROM proxy_key WHERE id = ? AND NOT is_active", id));
    }

    @Test
    void aSpendInFlightIsWaitedForAndCounts() throws Exception {
        Response rotation;
        try (Connection spender = connect()) {
            Accounts.spend(spender, account, "key", "4");

            rotation = whileWaiting(() -> Api.rotate(account, id, 60), spender);
        }
        assertEquals(new BigDecimal("5.000000"), database.one(BigDecimal.class, "SELECT spend_credits(sha256(?::bytea), 1)",
                secret(rotation)));
    }

    @Test
    void twoRotationsOneAfterTheOtherLeaveOneCurrentSecretAndTheFirstOldOne() {
        CompletableFuture<Response> one = CompletableFuture.supplyAsync(() -> Api.rotate(account, id, 60));
        CompletableFuture<Response> two = CompletableFuture.supplyAsync(() -> Api.rotate(account, id, 60));

        long working = Stream.of(one, two).map(CompletableFuture::join).map(RotateInterleavingTest::secret)
                .filter(this::spends).count();

        assertEquals(1, working);
        assertTrue(spends(old));
    }

    // --- The rotation is in flight when another comes -------------------------------------------------------------------

    @ParameterizedTest
    @ValueSource(strings = { "spend_credits(sha256(?::bytea), 1)", "hold_credits(sha256(?::bytea), 1, 60)" })
    void whoUsesTheOldSecretWaitsAndIsServed(String call) throws Exception {
        duringARotation(60, connection -> Postgres.execute(connection, "SELECT " + call, old)).join();

        assertEquals("1.000000", Accounts.used(account, "key").toString());
    }

    @ParameterizedTest
    @ValueSource(strings = { "spend_credits(sha256(?::bytea), 1)", "hold_credits(sha256(?::bytea), 1, 60)" })
    void withoutAnOverlapWhoUsesTheOldSecretWaitsAndIsRefused(String call) throws Exception {
        assertRefused("PK001", duringARotation(0, connection -> Postgres.execute(connection, "SELECT " + call, old)));
    }

    @Test
    void aDeletionWaitsAndBothSecretsEnd() throws Exception {
        duringARotation(60, connection -> {
            LiveStatements.lock(connection, account);
            LiveStatements.deleteAll(connection, account);
        }).join();

        assertEquals(0, Accounts.keys(account));
        assertEquals("100.000000", Accounts.balance(account).toString());
        assertTrue(!spends(old));
    }

    /** Nobody can be told more than what is left, and nobody else's key is changed for it. */
    @Test
    void aKeyThatIsDeletedBeforeTheSecondAttemptIsMissingInTheAnswer() throws Exception {
        String left = Accounts.createKey(account, "left", "1");
        warmUp();
        CompletableFuture<CompletableFuture<Void>> started = new CompletableFuture<>();
        Harness.tap().beforeRoundTrip(COMMIT, () -> {
            started.complete(startToWait(connection -> {
                LiveStatements.lock(connection, account);
                Postgres.execute(connection, "DELETE FROM proxy_key WHERE id = ?", id);
            }));
            Harness.tap().fault(Fault.LOSE_COMMIT_ANSWER);
        });

        Response rotation = Api.rotateAll(account, List.of(id, left), 60);

        started.get(20, SECONDS).join();
        rotation.then().statusCode(200).body("rotated", equalTo(1)).body("keys.id", equalTo(List.of(left)));
        assertTrue(spends(secret(rotation)));
    }

    @ParameterizedTest
    @CsvSource({ "60,READ COMMITTED", "60,REPEATABLE READ", "60,SERIALIZABLE", "0,READ COMMITTED", "0,REPEATABLE READ", "0,SERIALIZABLE" })
    void nobodyCreatesTheSecretThatIsBeingReplaced(int overlap, String isolation) throws Exception {
        assertRefused("PK008", duringARotation(overlap, connection -> {
            Postgres.execute(connection, "SET TRANSACTION ISOLATION LEVEL " + isolation);
            Postgres.execute(connection, CREATE, other, old);
        }));
        assertEquals(0, Accounts.keys(other));
    }

    @Test
    void aRotationThatIsTakenBackLeavesTheOldSecretAlone() throws Exception {
        database.execute("ALTER TABLE burnt_secret ADD CONSTRAINT broken CHECK (account_id <> '" + account + "')");
        try {
            Api.rotate(account, id, 60).then().statusCode(500);
        } finally {
            database.execute("ALTER TABLE burnt_secret DROP CONSTRAINT broken");
        }
        assertTrue(spends(old));
        Api.rotate(account, id, 60).then().statusCode(200).body("rotated", equalTo(1));
    }

    /** Starts the call, which has to wait for this connection's transaction, commits that, and returns the answer. */
    private Response whileWaiting(Supplier<Response> call, Connection inFlight) throws Exception {
        CompletableFuture<Response> answer = CompletableFuture.supplyAsync(call);
        database.awaitWaitingForALock(Postgres.FUNCTION_USER);
        inFlight.commit();
        return answer.get(20, SECONDS);
    }

    /** Does something else when a rotation has done everything but COMMIT: it has to wait for that. */
    private CompletableFuture<Void> duringARotation(int overlap, Work work) throws Exception {
        warmUp();
        CompletableFuture<CompletableFuture<Void>> started = new CompletableFuture<>();
        Harness.tap().beforeRoundTrip(COMMIT, () -> started.complete(startToWait(work)));
        Api.rotate(account, id, overlap).then().statusCode(200).body("rotated", equalTo(1));
        return started.get(20, SECONDS);
    }

    /** So that the statements are prepared. */
    private void warmUp() {
        Api.rotate(other, Accounts.createKey(other, "warm", "1"), 60).then().statusCode(200);
        Api.removeAll(other, List.of(Accounts.secret(other, "warm"))).then().statusCode(200);
    }

    private CompletableFuture<Void> startToWait(Work work) {
        CompletableFuture<Void> working = CompletableFuture.runAsync(() -> run(work));
        database.awaitWaitingForALock(OWNER);
        return working;
    }

    private void run(Work work) {
        try (Connection connection = connect()) {
            work.on(connection);
            connection.commit();
        } catch (SQLException e) {
            throw new IllegalStateException(e.getSQLState() + " " + e.getMessage(), e);
        }
    }

    /** At another level than READ COMMITTED, the first attempt may fail with 40001 instead. */
    private static void assertRefused(String state, CompletableFuture<Void> work) {
        String refused = assertThrows(CompletionException.class, work::join).getCause().getMessage();
        assertTrue(refused.startsWith(state) || refused.startsWith("40001"), refused);
    }

    private boolean spends(String secret) {
        try {
            database.execute("SELECT spend_credits(sha256(?::bytea), 0.1)", secret);
            return true;
        } catch (IllegalStateException e) {
            return false;
        }
    }

    private static String secret(Response rotation) {
        assertEquals(200, rotation.statusCode(), rotation.asString());
        return Api.json(rotation).get("keys").get(0).get("key").textValue();
    }

    private Connection connect() throws SQLException {
        Connection connection = database.connect();
        LiveStatements.begin(connection);
        return connection;
    }

    /** Something that waits. */
    private interface Work {
        void on(Connection connection) throws SQLException;
    }
}
