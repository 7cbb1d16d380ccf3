package io.proxykeys.hold;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.proxykeys.harness.Accounts;
import io.proxykeys.harness.Postgres;
import io.proxykeys.revocation.LiveStatements;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Holding and settling against a deletion, and against each other, at the same moment: nothing minted, lost or stuck. */
class HoldInterleavingTest {

    private final Postgres database = Postgres.shared();
    private final String account = Accounts.open("100");

    @Test
    void aHoldInFlightIsWaitedForAndNotGivenBack() throws Exception {
        Accounts.createKey(account, "key", "10");
        UUID hold;
        try (Connection gateway = gateway()) {
            hold = Accounts.hold(gateway, account, "key", "4");
            CompletableFuture<UUID> deletion = inParallel(() -> LiveStatements.revokeAll(account));
            database.awaitWaitingForALock(Postgres.FUNCTION_USER);
            gateway.commit();
            assertOnHold("4.000000", deletion.get(20, SECONDS));
        }
        assertEquals(new BigDecimal("96.000000"), Accounts.balance(account));
        assertEquals(new BigDecimal("1.000000"), Accounts.settle(hold, "3"));
        assertEquals(new BigDecimal("97.000000"), Accounts.balance(account));
    }

    @Test
    void aHoldThatIsRolledBackLeavesNoTrace() throws Exception {
        Accounts.createKey(account, "key", "10");
        try (Connection gateway = gateway()) {
            Accounts.hold(gateway, account, "key", "4");
            CompletableFuture<UUID> deletion = inParallel(() -> LiveStatements.revokeAll(account));
            database.awaitWaitingForALock(Postgres.FUNCTION_USER);
            gateway.rollback();
            deletion.get(20, SECONDS);
        }
        assertEquals(new BigDecimal("100.000000"), Accounts.balance(account));
    }

    @Test
    void aHoldThatWaitsForADeletionIsRefused() throws Exception {
        Accounts.createKey(account, "key", "10");
        try (Connection function = LiveStatements.connect()) {
            LiveStatements.lock(function, account);
            LiveStatements.deleteAll(function, account);
            CompletableFuture<UUID> hold = inParallel(() -> asGateway(gateway -> Accounts.hold(gateway, account, "key", "4")));
            database.awaitWaitingForALock(Postgres.DATA_PLANE_USER);
            function.commit();
            assertEquals("PK001", stateOf(hold));
        }
        assertEquals(new BigDecimal("100.000000"), Accounts.total(account));
    }

    /** A settlement that looked for the key before it waits, and then credits it, would credit no row. */
    @ParameterizedTest
    @ValueSource(strings = { "0", "1", "4" })
    void aSettlementThatWaitsForADeletionCreditsTheBalance(String cost) throws Exception {
        Accounts.createKey(account, "key", "10");
        UUID hold = Accounts.hold(account, "key", "4");
        BigDecimal rest = new BigDecimal("4").subtract(new BigDecimal(cost)).setScale(6);
        try (Connection function = LiveStatements.connect()) {
            LiveStatements.lock(function, account);
            LiveStatements.deleteAll(function, account);
            CompletableFuture<BigDecimal> settlement = inParallel(() -> asGateway(gateway -> Accounts.settle(gateway, hold, cost)));
            database.awaitWaitingForALock(Postgres.DATA_PLANE_USER);
            function.commit();
            assertEquals(rest, settlement.get(20, SECONDS));
        }
        assertEquals(new BigDecimal("96").add(rest), Accounts.balance(account));
    }

    @Test
    void aSettlementThatWaitsForADeletionThatIsRolledBackCreditsTheKey() throws Exception {
        Accounts.createKey(account, "key", "10");
        UUID hold = Accounts.hold(account, "key", "4");
        try (Connection function = LiveStatements.connect()) {
            LiveStatements.lock(function, account);
            LiveStatements.deleteAll(function, account);
            CompletableFuture<BigDecimal> settlement = inParallel(() -> asGateway(gateway -> Accounts.settle(gateway, hold, "1")));
            database.awaitWaitingForALock(Postgres.DATA_PLANE_USER);
            function.rollback();
            assertEquals(new BigDecimal("3.000000"), settlement.get(20, SECONDS));
        }
        assertEquals(new BigDecimal("1.000000"), Accounts.used(account, "key"));
        assertEquals(new BigDecimal("90.000000"), Accounts.balance(account));
    }

    @Test
    void aDeletionWaitsForASettlementAndGivesBackWhatItReturned() throws Exception {
        Accounts.createKey(account, "key", "10");
        UUID hold = Accounts.hold(account, "key", "4");
        try (Connection gateway = gateway()) {
            Accounts.settle(gateway, hold, "1");
            CompletableFuture<UUID> deletion = inParallel(() -> LiveStatements.revokeAll(account));
            database.awaitWaitingForALock(Postgres.FUNCTION_USER);
            gateway.commit();
            // Summed in the deleting statement, it would still be on hold.
            assertOnHold("0.000000", deletion.get(20, SECONDS));
        }
        assertEquals(new BigDecimal("99.000000"), Accounts.balance(account));
    }

    /** While the key lives, settling never waits for the account: a deletion that has only locked it does not hold calls up. */
    @Test
    void aSettlementOfALiveKeyDoesNotWaitForTheAccount() throws Exception {
        Accounts.createKey(account, "key", "10");
        UUID hold = Accounts.hold(account, "key", "4");
        try (Connection function = LiveStatements.connect()) {
            LiveStatements.lock(function, account);
            assertEquals(new BigDecimal("3.000000"), asGateway(gateway -> {
                Postgres.execute(gateway, "SET LOCAL lock_timeout = 2000");
                return Accounts.settle(gateway, hold, "1");
            }));
            LiveStatements.deleteAll(function, account);
            function.commit();
        }
        assertEquals(new BigDecimal("99.000000"), Accounts.balance(account));
    }

    /** One that updates the key and joins the hold as it was before it waited would give the rest back twice. */
    @ParameterizedTest
    @ValueSource(booleans = { false, true })
    void twoSettlementsAtOnceGiveTheRestBackOnce(boolean deleted) throws Exception {
        Accounts.createKey(account, "key", "10");
        UUID hold = Accounts.hold(account, "key", "4");
        if (deleted) {
            LiveStatements.revokeAll(account);
        }
        try (Connection first = gateway()) {
            Accounts.settle(first, hold, "1");
            CompletableFuture<BigDecimal> second = inParallel(() -> asGateway(gateway -> Accounts.settle(gateway, hold, "1")));
            database.awaitWaitingForALock(Postgres.DATA_PLANE_USER);
            first.commit();
            assertEquals(new BigDecimal("3.000000"), second.get(20, SECONDS));
        }
        assertEquals(new BigDecimal("99.000000"), Accounts.unspent(account));
    }

    @ParameterizedTest
    @ValueSource(booleans = { false, true })
    void ofTwoSettlementsAtOnceAtDifferentCostsOneIsRefused(boolean deleted) throws Exception {
        Accounts.createKey(account, "key", "10");
        UUID hold = Accounts.hold(account, "key", "4");
        if (deleted) {
            LiveStatements.revokeAll(account);
        }
        try (Connection first = gateway()) {
            Accounts.settle(first, hold, "1");
            CompletableFuture<BigDecimal> second = inParallel(() -> asGateway(gateway -> Accounts.settle(gateway, hold, "2")));
            database.awaitWaitingForALock(Postgres.DATA_PLANE_USER);
            first.commit();
            assertEquals("PK010", stateOf(second));
        }
        assertEquals(new BigDecimal("99.000000"), Accounts.unspent(account));
    }

    @Test
    void aSettlementThatWaitsForOneThatIsRolledBackIsCarriedOut() throws Exception {
        Accounts.createKey(account, "key", "10");
        UUID hold = Accounts.hold(account, "key", "4");
        try (Connection first = gateway()) {
            Accounts.settle(first, hold, "1");
            CompletableFuture<BigDecimal> second = inParallel(() -> asGateway(gateway -> Accounts.settle(gateway, hold, "2")));
            database.awaitWaitingForALock(Postgres.DATA_PLANE_USER);
            first.rollback();
            assertEquals(new BigDecimal("2.000000"), second.get(20, SECONDS));
        }
        assertEquals(new BigDecimal("98.000000"), Accounts.unspent(account));
    }

    /** Hold first, key and account later: two settlements beside a deletion would wait for each other. */
    @Test
    void twoSettlementsAndAReleaseBesideADeletionDoNotDeadlock() throws Exception {
        Accounts.createKey(account, "one", "10");
        Accounts.createKey(account, "two", "10");
        UUID one = Accounts.hold(account, "one", "4");
        UUID two = Accounts.hold(account, "two", "4");
        Accounts.expireHolds(account);
        try (Connection function = LiveStatements.connect()) {
            LiveStatements.lock(function, account);
            LiveStatements.deleteAll(function, account);
            CompletableFuture<BigDecimal> first = inParallel(() -> asGateway(gateway -> Accounts.settle(gateway, one, "1")));
            CompletableFuture<BigDecimal> second = inParallel(() -> asGateway(gateway -> Accounts.settle(gateway, one, "1")));
            CompletableFuture<BigDecimal> third = inParallel(() -> asGateway(gateway -> Accounts.settle(gateway, two, "2")));
            database.await("three settlements wait", """
                    SELECT count(*) = 3 FROM pg_stat_activity WHERE usename = ? AND wait_event_type = 'Lock'""", Postgres.DATA_PLANE_USER);
            Releases.untilNothingIsLeft(); // waits for nobody
            function.commit();
            assertEquals(new BigDecimal("3.000000"), first.get(20, SECONDS));
            assertEquals(new BigDecimal("3.000000"), second.get(20, SECONDS));
            assertEquals(new BigDecimal("2.000000"), third.get(20, SECONDS));
        }
        assertEquals(new BigDecimal("97.000000"), Accounts.balance(account));
    }

    /** By the contract's rule: with the account locked first, a transaction may hold and settle on several keys. */
    @Test
    void aTransactionThatLockedTheAccountHoldsAndSettlesOnSeveralKeysBesideADeletion() throws Exception {
        Accounts.createKey(account, "one", "10");
        Accounts.createKey(account, "two", "10");
        UUID one = Accounts.hold(account, "one", "4");
        try (Connection gateway = gateway()) {
            Postgres.execute(gateway, "SELECT lock_account(?)", account);
            Accounts.hold(gateway, account, "two", "5");
            CompletableFuture<UUID> deletion = inParallel(() -> LiveStatements.revokeAll(account));
            database.awaitWaitingForALock(Postgres.FUNCTION_USER);
            Accounts.settle(gateway, one, "1");
            Accounts.spend(gateway, account, "two", "1");
            gateway.commit();
            deletion.get(20, SECONDS);
        }
        assertEquals(new BigDecimal("98.000000"), Accounts.unspent(account));
        assertEquals(new BigDecimal("93.000000"), Accounts.balance(account));
    }

    /**
     * The creator that inserts the key before it touches the account, and a settlement that needs the account: they wait in line
     * (refuse_blocked_key).
     */
    @Test
    void aSettlementForADeletedKeyWaitsForAnInsertOfAKeyWithoutADeadlock() throws Exception {
        Accounts.createKey(account, "key", "10");
        UUID hold = Accounts.hold(account, "key", "4");
        LiveStatements.revokeAll(account);
        try (Connection creator = database.connect()) {
            Accounts.insertKey(creator, account, "0");
            CompletableFuture<BigDecimal> settlement = inParallel(() -> asGateway(gateway -> Accounts.settle(gateway, hold, "1")));
            database.awaitWaitingForALock(Postgres.DATA_PLANE_USER);
            Postgres.execute(creator, "UPDATE account SET balance = balance + 0 WHERE id = ?", account);
            creator.commit();
            assertEquals(new BigDecimal("3.000000"), settlement.get(20, SECONDS));
        }
        assertEquals(new BigDecimal("99.000000"), Accounts.total(account));
    }

    @ParameterizedTest
    @ValueSource(strings = { "repeatable read", "serializable" })
    void underAnotherIsolationLevelASettlementFailsRatherThanLoses(String level) throws Exception {
        Accounts.createKey(account, "key", "10");
        UUID hold = Accounts.hold(account, "key", "4");
        try (Connection gateway = gateway()) {
            Postgres.execute(gateway, "SET TRANSACTION ISOLATION LEVEL " + level);
            Postgres.execute(gateway, "SELECT count(*) FROM proxy_key WHERE account_id = ?", account); // takes its snapshot
            LiveStatements.revokeAll(account);
            SQLException refused = assertThrows(SQLException.class, () -> Accounts.settle(gateway, hold, "1"));
            assertEquals("40001", refused.getSQLState());
        }
        assertEquals(new BigDecimal("100.000000"), Accounts.total(account));
        assertEquals(new BigDecimal("3.000000"), Accounts.settle(hold, "1"));
        assertEquals(new BigDecimal("99.000000"), Accounts.balance(account));
    }

    private void assertOnHold(String amount, UUID receipt) {
        assertEquals(amount, database.one(String.class, "SELECT held::text FROM revoked_key WHERE revocation_id = ?", receipt));
    }

    private interface Work<T> {
        T in(Connection connection) throws SQLException;
    }

    private Connection gateway() throws SQLException {
        Connection gateway = database.connect("postgres", Postgres.DATA_PLANE_USER, Postgres.PASSWORD);
        gateway.setAutoCommit(false);
        return gateway;
    }

    private <T> T asGateway(Work<T> work) throws SQLException {
        try (Connection gateway = gateway()) {
            T result = work.in(gateway);
            gateway.commit();
            return result;
        }
    }

    private static <T> CompletableFuture<T> inParallel(Callable<T> work) {
        return CompletableFuture.supplyAsync(() -> {
            try {
                return work.call();
            } catch (Exception e) {
                throw new CompletionException(e);
            }
        }, command -> new Thread(command, "in parallel").start());
    }

    private static String stateOf(CompletableFuture<?> failing) {
        ExecutionException failed = assertThrows(ExecutionException.class, () -> failing.get(20, SECONDS));
        return assertInstanceOf(SQLException.class, failed.getCause()).getSQLState();
    }
}
