package io.proxykeys.hold;

import static io.proxykeys.hold.HoldTest.refused;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.proxykeys.harness.Accounts;
import io.proxykeys.harness.Postgres;
import io.proxykeys.revocation.LiveStatements;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code release_expired_holds()}: what was not settled in time comes back, and nobody waits. */
class ReleaseTest {

    private final Postgres database = Postgres.shared();
    private final String account = Accounts.open("100");

    /** The function releases those of all accounts, also what other tests have left. */
    @BeforeEach
    @AfterEach
    void releaseWhatOtherTestsLeft() {
        database.execute("UPDATE credit_hold SET expires_at = clock_timestamp() WHERE settled IS NULL");
        Releases.untilNothingIsLeft();
    }

    @Test
    void whatWasNotSettledInTimeGoesBackToTheKey() {
        Accounts.createKey(account, "key", "10");
        UUID expired = Accounts.hold(account, "key", "4");
        Accounts.expireHolds(account);
        UUID other = Accounts.hold(account, "key", "2");

        assertEquals(1, Releases.untilNothingIsLeft());

        assertEquals(new BigDecimal("2.000000"), Accounts.used(account, "key"));
        assertEquals(List.of("0.000000|t|"), database.rows(
                "SELECT settled, settled_at <= clock_timestamp() FROM credit_hold WHERE id = ?", expired));
        assertEquals(List.of("null|null|"), database.rows("SELECT settled, settled_at FROM credit_hold WHERE id = ?", other));
    }

    @Test
    void whatWasHeldForADeletedKeyGoesToTheBalance() {
        Accounts.createKey(account, "key", "10");
        Accounts.hold(account, "key", "4");
        Accounts.hold(account, "key", "2");
        LiveStatements.revokeAll(account);
        Accounts.expireHolds(account);

        assertEquals(2, Releases.untilNothingIsLeft());

        assertEquals(new BigDecimal("100.000000"), Accounts.balance(account));
        assertEquals(0, Releases.untilNothingIsLeft());
        assertEquals(new BigDecimal("100.000000"), Accounts.balance(account));
    }

    @Test
    void afterAReleaseACostOfZeroChargesNothing() {
        Accounts.createKey(account, "key", "10");
        UUID hold = released("key");

        assertEquals(0, Accounts.settle(hold, "0").signum());
        assertEquals(0, Accounts.settle(hold, "0").signum());
        refused("PK010", () -> Accounts.settle(hold, "1"));
        assertEquals(new BigDecimal("100.000000"), Accounts.unspent(account));
    }

    @Test
    void aCallThatIsSettledAfterItsReleaseIsChargedToItsKeyOnce() {
        Accounts.createKey(account, "key", "10");
        UUID hold = released("key");

        assertEquals(new BigDecimal("-3.000000"), Accounts.settle(hold, "3"));
        assertEquals(new BigDecimal("-3.000000"), Accounts.settle(hold, "3"));
        refused("PK010", () -> Accounts.settle(hold, "2"));
        assertEquals(new BigDecimal("3.000000"), Accounts.used(account, "key"));
        assertEquals(new BigDecimal("97.000000"), Accounts.unspent(account));
    }

    @Test
    void aKeyThatHasLessLeftThanALateCallCostIsChargedWhatItHas() {
        Accounts.createKey(account, "key", "5");
        UUID hold = released("key");
        Accounts.hold(account, "key", "3");

        assertEquals(new BigDecimal("-2.000000"), Accounts.settle(hold, "4"));
        assertEquals(new BigDecimal("5.000000"), Accounts.used(account, "key"));
    }

    @Test
    void aLateCallOfAKeyThatIsGoneIsChargedToTheBalanceAndTheReceiptSaysSo() {
        Accounts.createKey(account, "key", "10");
        UUID hold = Accounts.hold(account, "key", "4");
        UUID receipt = LiveStatements.revokeAll(account);
        Accounts.expireHolds(account);
        Releases.untilNothingIsLeft();

        assertEquals(new BigDecimal("-3.000000"), Accounts.settle(hold, "3"));
        assertEquals(new BigDecimal("-3.000000"), Accounts.settle(hold, "3"));
        assertEquals("97.000000", Accounts.balance(account).toString());
        assertEquals(List.of("1.000000|"), database.rows("SELECT credits_settled_later FROM revocation WHERE id = ?", receipt));
    }

    @ParameterizedTest
    @ValueSource(strings = { "is_active = false", "expires_at = clock_timestamp()" })
    void aLateCallIsChargedToAKeyThatIsDisabledOrExpiredToo(String change) {
        Accounts.createKey(account, "key", "10");
        UUID hold = released("key");
        database.execute("UPDATE proxy_key SET " + change + " WHERE account_id = ?", account);

        assertEquals(new BigDecimal("-3.000000"), Accounts.settle(hold, "3"));
        assertEquals(new BigDecimal("3.000000"), Accounts.used(account, "key"));
        assertEquals(new BigDecimal("90.000000"), Accounts.balance(account));
    }

    @Test
    void aBalanceThatIsLowerThanALateCallCostIsChargedWhatThereIs() {
        Accounts.createKey(account, "key", "10");
        UUID hold = Accounts.hold(account, "key", "4");
        UUID receipt = LiveStatements.revokeAll(account);
        Accounts.expireHolds(account);
        Releases.untilNothingIsLeft();
        Accounts.createKey(account, "other", "98");

        assertEquals(new BigDecimal("-2.000000"), Accounts.settle(hold, "3"));
        assertEquals(new BigDecimal("-2.000000"), Accounts.settle(hold, "3"));
        assertEquals(new BigDecimal("0.000000"), Accounts.balance(account));
        assertEquals(new BigDecimal("0.000000"), Accounts.used(account, "other"));
        assertEquals(List.of("2.000000|"), database.rows("SELECT credits_settled_later FROM revocation WHERE id = ?", receipt));
    }

    @Test
    void aLateCallOfAnAccountThatIsGoneIsChargedToNobody() {
        Accounts.createKey(account, "key", "10");
        UUID hold = Accounts.hold(account, "key", "4");
        UUID receipt = LiveStatements.revokeAll(account);
        Accounts.expireHolds(account);
        Releases.untilNothingIsLeft();
        database.execute("DELETE FROM account WHERE id = ?", account);

        assertEquals(new BigDecimal("0.000000"), Accounts.settle(hold, "3"));
        assertEquals(new BigDecimal("0.000000"), Accounts.settle(hold, "3"));
        refused("PK010", () -> Accounts.settle(hold, "2"));
        assertEquals(List.of("4.000000|"), database.rows("SELECT credits_settled_later FROM revocation WHERE id = ?", receipt));
    }

    @Test
    void aLateCallChangesNoReceiptThatIsYoungerThanTheRelease() {
        Accounts.createKey(account, "key", "10");
        UUID hold = released("key");
        UUID receipt = LiveStatements.revokeAll(account);
        String tables = "SELECT r.*, k.* FROM revocation r JOIN revoked_key k ON k.revocation_id = r.id WHERE r.id = ?";
        List<String> before = database.rows(tables, receipt);

        assertEquals(new BigDecimal("-3.000000"), Accounts.settle(hold, "3"));

        assertEquals(before, database.rows(tables, receipt));
        assertEquals(List.of("10.000000|0.000000|"), database.rows(
                "SELECT credits_returned, credits_settled_later FROM revocation WHERE id = ?", receipt));
        assertEquals(new BigDecimal("97.000000"), Accounts.balance(account));
    }

    @Test
    void aRenewedHoldIsNotReleasedAndTellsWhetherItsKeyStillWorks() {
        Accounts.createKey(account, "key", "10");
        UUID hold = Accounts.hold(account, "key", "4");
        Accounts.expireHolds(account);

        assertEquals(List.of("t|t|"), renewed(hold, 60));
        assertEquals(List.of("t|t|"), renewed(hold, 1), "it never ends earlier");
        assertEquals(0, Releases.one());
        LiveStatements.revokeAll(account);
        assertEquals(List.of("t|f|"), renewed(hold, 60));
        Accounts.settle(hold, "1");
        refused("PK010", () -> renewed(hold, 60));
        refused("PK009", () -> renewed(UUID.randomUUID(), 60));
        refused("22023", () -> renewed(hold, 0));
    }

    @ParameterizedTest
    @ValueSource(strings = { "is_active = false", "is_active = false, suspended_by = gen_random_uuid()", "expires_at = clock_timestamp()" })
    void aRenewedHoldTellsThatItsKeyWasStopped(String change) {
        Accounts.createKey(account, "key", "10");
        UUID hold = Accounts.hold(account, "key", "4");
        database.execute("UPDATE proxy_key SET " + change + " WHERE account_id = ?", account);

        assertEquals(List.of("t|f|"), renewed(hold, 3600));
        assertEquals(new BigDecimal("3.000000"), Accounts.settle(hold, "1"));
    }

    @Test
    void aHoldThatWasReleasedIsNotRenewed() {
        Accounts.createKey(account, "key", "10");
        UUID hold = released("key");
        List<String> before = Accounts.everything(account);

        refused("PK010", () -> renewed(hold, 60));
        assertEquals(before, Accounts.everything(account));
    }

    @ParameterizedTest
    @ValueSource(strings = { "0", "-1", "86401", "2147483647", "NULL" })
    void aRenewalLastsASecondToADay(String seconds) {
        Accounts.createKey(account, "key", "10");
        UUID hold = Accounts.hold(account, "key", "4");
        List<String> before = Accounts.everything(account);
        String renewal = "SELECT key_lives FROM renew_hold(?, %s)";

        refused("22023", () -> database.rows(renewal.formatted(seconds), hold));
        assertEquals(before, Accounts.everything(account));
        assertEquals(List.of("t|"), database.rows(renewal.formatted("1"), hold));
        assertEquals(List.of("t|"), database.rows(renewal.formatted("86400"), hold));
    }

    private List<String> renewed(UUID hold, int seconds) {
        return database.rows("SELECT expires_at > clock_timestamp() + interval '50 seconds', key_lives FROM renew_hold(?, ?)", hold,
                seconds);
    }

    @Test
    void allHoldsOfAKeyAreReleasedTogether() {
        Accounts.createKey(account, "key", "10");
        for (int i = 0; i < 5; i++) {
            Accounts.hold(account, "key", "1");
        }
        Accounts.expireHolds(account);

        assertEquals(5, Releases.one());
        assertEquals(new BigDecimal("0.000000"), Accounts.used(account, "key"));
    }

    @Test
    void whatIsLeftOfAnAccountThatIsGoneIsReleasedToo() {
        Accounts.createKey(account, "key", "10");
        UUID hold = Accounts.hold(account, "key", "4");
        LiveStatements.revokeAll(account);
        database.execute("DELETE FROM account WHERE id = ?", account);
        Accounts.expireHolds(account);

        assertEquals(1, Releases.untilNothingIsLeft());
        assertTrue(isSettled(hold));
    }

    /** With the key's lock alone, a key that is being spent on would look deleted, and its credits would go to the balance. */
    @Test
    void aKeyThatIsBeingSpentOnIsBusyAndNotGone() throws Exception {
        Accounts.createKey(account, "key", "10");
        UUID hold = Accounts.hold(account, "key", "4");
        Accounts.expireHolds(account);
        try (Connection gateway = open(Postgres.DATA_PLANE_USER)) {
            Accounts.spend(gateway, account, "key", "1");
            assertEquals(0, Releases.one());
            gateway.commit();
        }
        assertFalse(isSettled(hold));
        assertEquals(new BigDecimal("90.000000"), Accounts.balance(account));

        assertEquals(1, Releases.untilNothingIsLeft());
        assertEquals(new BigDecimal("1.000000"), Accounts.used(account, "key"));
    }

    /** Settling the live key first and then asking for the account would wait for a deletion that waits for the key. */
    @Test
    void anAccountThatADeletionHasLockedIsLeftAloneWithAllItsKeys() throws Exception {
        Accounts.createKey(account, "gone", "10");
        UUID ofGone = Accounts.hold(account, "gone", "4");
        LiveStatements.revokeAll(account);
        Accounts.createKey(account, "live", "10");
        UUID ofLive = Accounts.hold(account, "live", "4");
        Accounts.expireHolds(account);
        try (Connection function = LiveStatements.connect()) {
            LiveStatements.lock(function, account);
            assertEquals(0, Releases.one());
            assertFalse(isSettled(ofLive));
            assertFalse(isSettled(ofGone));
            LiveStatements.deleteAll(function, account);
            assertEquals(0, Releases.one());
            function.commit();
        }
        assertEquals(2, Releases.untilNothingIsLeft());
        assertEquals(new BigDecimal("100.000000"), Accounts.balance(account));
    }

    @Test
    void whatIsBusyKeepsNobodyBehindItWaiting() throws Exception {
        Accounts.createKey(account, "key", "10");
        fill("key", 1_500);
        String other = Accounts.open("100");
        Accounts.createKey(other, "key", "10");
        Accounts.hold(other, "key", "4");
        Accounts.expireHolds(other);
        try (Connection function = LiveStatements.connect()) {
            LiveStatements.lock(function, account);
            assertEquals(1, Releases.one());
        }
        assertEquals(new BigDecimal("0.000000"), Accounts.used(other, "key"));
        assertEquals(1_000, Releases.one(), "up to 1,000 a call");
        assertEquals(500, Releases.one());
        assertEquals(0, Releases.one());
        assertEquals(new BigDecimal("0.000000"), Accounts.used(account, "key"));
    }

    @Test
    void aSettlementInFlightIsLeftAloneAndTheOthersAreReleased() throws Exception {
        Accounts.createKey(account, "one", "10");
        Accounts.createKey(account, "two", "10");
        UUID settled = Accounts.hold(account, "one", "4");
        Accounts.hold(account, "two", "4");
        Accounts.expireHolds(account);
        try (Connection gateway = open(Postgres.DATA_PLANE_USER)) {
            Accounts.settle(gateway, settled, "1");
            assertEquals(1, Releases.one());
            gateway.commit();
        }
        assertEquals(0, Releases.one());
        assertEquals(new BigDecimal("1.000000"), Accounts.used(account, "one"));
        assertEquals(new BigDecimal("0.000000"), Accounts.used(account, "two"));
    }

    @Test
    void aSettlementOfADeletedKeyInFlightIsLeftAloneToo() throws Exception {
        Accounts.createKey(account, "key", "10");
        UUID settled = Accounts.hold(account, "key", "4");
        LiveStatements.revokeAll(account);
        Accounts.expireHolds(account);
        try (Connection gateway = open(Postgres.DATA_PLANE_USER)) {
            Accounts.settle(gateway, settled, "1");
            assertEquals(0, Releases.one());
            gateway.commit();
        }
        assertEquals(0, Releases.one());
        assertEquals(new BigDecimal("99.000000"), Accounts.balance(account));
    }

    @Test
    void oneHoldThatFailsDoesNotStopTheOthers() {
        Accounts.createKey(account, "bad", "10");
        UUID bad = Accounts.hold(account, "bad", "4");
        Accounts.createKey(account, "good", "10");
        UUID good = Accounts.hold(account, "good", "4");
        Accounts.expireHolds(account);
        // The key was tampered with: the hold cannot be taken off what is used.
        database.execute("UPDATE proxy_key SET used = 0 WHERE account_id = ? AND name = 'bad'", account);

        assertEquals(1, Releases.one());
        assertTrue(isSettled(good));
        assertFalse(isSettled(bad));
        assertEquals(0, Releases.one());

        database.execute("UPDATE proxy_key SET used = 4 WHERE account_id = ? AND name = 'bad'", account);
        assertEquals(1, Releases.one());
    }

    @Test
    void twoReleasesAtOnceReleaseEachHoldOnce() throws Exception {
        Accounts.createKey(account, "key", "10");
        Accounts.hold(account, "key", "4");
        Accounts.expireHolds(account);
        try (Connection first = open(Postgres.FUNCTION_USER)) {
            assertEquals(1, Postgres.one(first, Integer.class, "SELECT release_expired_holds()"));
            assertEquals(0, Releases.one());
            first.commit();
        }
        assertEquals(0, Releases.one());
        assertEquals(new BigDecimal("0.000000"), Accounts.used(account, "key"));
    }

    /** A condition on the clock itself, or a table that was empty when it was vacuumed, would make each call read all holds. */
    @Test
    void aReleaseReadsOnlyWhatHasExpired() throws Exception {
        Accounts.createKey(account, "key", "10");
        fill("key", 5_000);
        database.execute("UPDATE credit_hold SET expires_at = now() + interval '1 hour' WHERE account_id = ?", account);
        database.execute("ANALYZE credit_hold");
        try (Connection function = open(Postgres.FUNCTION_USER)) {
            for (int i = 0; i < 10; i++) {
                assertEquals(0, Postgres.one(function, Integer.class, "SELECT release_expired_holds()"));
            }
            assertEquals(0L, Postgres.one(function, Long.class,
                    "SELECT seq_tup_read FROM pg_stat_xact_user_tables WHERE relname = 'credit_hold'"));
        } finally {
            Accounts.expireHolds(account);
        }
    }

    /** A hold of 4 that was released while its key lived. */
    private UUID released(String key) {
        UUID hold = Accounts.hold(account, key, "4");
        Accounts.expireHolds(account);
        Releases.untilNothingIsLeft();
        return hold;
    }

    private boolean isSettled(UUID hold) {
        return database.one(Boolean.class, "SELECT settled IS NOT NULL FROM credit_hold WHERE id = ?", hold);
    }

    /** Expired holds of a thousandth each. */
    private void fill(String key, int holds) {
        database.execute("""
                SELECT count(hold_id) FROM generate_series(1, ?) n, LATERAL hold_credits(sha256(?::bytea), 0.001, 1 + n % 2)""",
                holds, Accounts.secret(account, key));
        Accounts.expireHolds(account);
    }

    private Connection open(String user) throws SQLException {
        Connection connection = database.connect("postgres", user, Postgres.PASSWORD);
        connection.setAutoCommit(false);
        return connection;
    }
}
