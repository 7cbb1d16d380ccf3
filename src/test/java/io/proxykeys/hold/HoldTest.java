package io.proxykeys.hold;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.proxykeys.harness.Accounts;
import io.proxykeys.harness.Postgres;
import io.proxykeys.revocation.LiveStatements;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code hold_credits} and {@code settle_hold}: what is set aside, what is paid, and what comes back to whom. */
class HoldTest {

    private final Postgres database = Postgres.shared();
    private final String account = Accounts.open("100");

    @Test
    void aHoldCountsAsUsedAtOnce() {
        String key = Accounts.createKey(account, "key", "10");

        List<String> held = database.rows("SELECT remaining FROM hold_credits(sha256(?::bytea), 4, 600)",
                Accounts.secret(account, "key"));

        assertEquals(List.of("6.000000|"), held);
        assertEquals(new BigDecimal("4.000000"), Accounts.used(account, "key"));
        assertEquals(List.of(account + "|" + key + "|4.000000|t|null|null|"), database.rows(
                """
                SELECT account_id, key_id, amount,
                       expires_at BETWEEN clock_timestamp() + interval '590 s' AND clock_timestamp() + interval '600 s',
                       settled, settled_at FROM credit_hold WHERE account_id = ?""",
                account));
        assertTrue(database.one(Boolean.class, "SELECT last_used IS NOT NULL FROM proxy_key WHERE id = ?", key));
        assertEquals(new BigDecimal("100.000000"), Accounts.unspent(account));
    }

    @ParameterizedTest
    @CsvSource({ "0,4.000000", "0.000001,3.999999", "1.5,2.500000", "4,0.000000", "1.50000000,2.500000", "1e0,3.000000" })
    void whatACallDidNotNeedGoesBackToTheKey(String cost, String returned) {
        Accounts.createKey(account, "key", "10");
        UUID hold = Accounts.hold(account, "key", "4");

        assertEquals(new BigDecimal(returned), Accounts.settle(hold, cost));

        assertEquals(new BigDecimal(cost).setScale(6), Accounts.used(account, "key"));
        assertEquals(new BigDecimal("100").subtract(new BigDecimal(cost)).setScale(6), Accounts.unspent(account));
    }

    @ParameterizedTest
    @ValueSource(strings = { "is_active = false", "expires_at = clock_timestamp()" })
    void theRestGoesBackToAKeyThatIsDisabledOrExpiredToo(String change) {
        Accounts.createKey(account, "key", "10");
        UUID hold = Accounts.hold(account, "key", "4");
        database.execute("UPDATE proxy_key SET " + change + " WHERE account_id = ?", account);

        assertEquals(new BigDecimal("3.000000"), Accounts.settle(hold, "1"));
        assertEquals(new BigDecimal("1.000000"), Accounts.used(account, "key"));
    }

    @Test
    void aDeletionDoesNotGiveBackWhatIsOnHoldAndSettlingDoes() {
        Accounts.createKey(account, "key", "10");
        UUID hold = Accounts.hold(account, "key", "4");

        UUID receipt = LiveStatements.revokeAll(account);

        assertEquals(new BigDecimal("96.000000"), Accounts.balance(account));
        assertEquals(new BigDecimal("100.000000"), Accounts.total(account), "what is on hold for a deleted key is not lost");
        assertEquals(new BigDecimal("2.500000"), Accounts.settle(hold, "1.5"));
        assertEquals(new BigDecimal("98.500000"), Accounts.balance(account));
        assertEquals(List.of("6.000000|"), database.rows("SELECT credits_returned FROM revocation WHERE id = ?", receipt),
                "a receipt says what the deletion returned, whatever is settled later");
    }

    @Test
    void aReceiptSaysWhatWasOnHoldForEachKeyAndWhatCameBackSince() {
        Accounts.createKey(account, "one", "10");
        Accounts.createKey(account, "two", "10");
        UUID first = Accounts.hold(account, "one", "4");
        UUID second = Accounts.hold(account, "one", "2");
        Accounts.spend(account, "one", "1");
        Accounts.settle(Accounts.hold(account, "one", "1"), "1");
        Accounts.hold(account, "two", "3");

        UUID receipt = LiveStatements.revokeAll(account);

        assertEquals(List.of("one|8.000000|6.000000|", "two|3.000000|3.000000|"),
                database.rows("SELECT name, used, held FROM revoked_key WHERE revocation_id = ? ORDER BY name", receipt));
        Accounts.settle(first, "1");
        Accounts.settle(first, "1");
        Accounts.settle(second, "2");
        Accounts.expireHolds(account);
        Releases.untilNothingIsLeft();
        assertEquals(List.of("6.000000|9.000000|"),
                database.rows("SELECT credits_settled_later, balance_after - 80 FROM revocation WHERE id = ?", receipt));
        assertEquals(new BigDecimal("95.000000"), Accounts.balance(account));
    }

    @Test
    void aLaterReceiptSaysNothingOfTheHoldsOfAnEarlierOne() {
        Accounts.createKey(account, "one", "10");
        UUID hold = Accounts.hold(account, "one", "4");
        UUID earlier = LiveStatements.revokeAll(account);
        Accounts.createKey(account, "two", "10");
        UUID later = LiveStatements.revokeAll(account);

        Accounts.settle(hold, "1");

        assertEquals(List.of("3.000000|"), database.rows("SELECT credits_settled_later FROM revocation WHERE id = ?", earlier));
        assertEquals(List.of("0.000000|"), database.rows("SELECT credits_settled_later FROM revocation WHERE id = ?", later));
    }

    @ParameterizedTest
    @ValueSource(booleans = { false, true })
    void settlingAgainAtTheSameCostReturnsTheSameAndChangesNothing(boolean deleted) {
        Accounts.createKey(account, "key", "10");
        UUID hold = Accounts.hold(account, "key", "4");
        if (deleted) {
            LiveStatements.revokeAll(account);
        }
        Accounts.settle(hold, "1");
        List<String> before = Accounts.everything(account);

        assertEquals(new BigDecimal("3.000000"), Accounts.settle(hold, "1"));
        assertEquals(new BigDecimal("3.000000"), Accounts.settle(hold, "1.00"));
        assertEquals(before, Accounts.everything(account));
    }

    @ParameterizedTest
    @ValueSource(booleans = { false, true })
    void settlingAgainAtAnotherCostIsRefused(boolean deleted) {
        Accounts.createKey(account, "key", "10");
        UUID hold = Accounts.hold(account, "key", "4");
        if (deleted) {
            LiveStatements.revokeAll(account);
        }
        Accounts.settle(hold, "1");
        List<String> before = Accounts.everything(account);

        refused("PK010", () -> Accounts.settle(hold, "0"));
        refused("PK010", () -> Accounts.settle(hold, "4"));
        assertEquals(before, Accounts.everything(account));
    }

    @Test
    void aHoldThatIsSettledBeforeTheDeletionIsGivenBackByIt() {
        Accounts.createKey(account, "key", "10");
        UUID hold = Accounts.hold(account, "key", "4");
        Accounts.settle(hold, "1");
        LiveStatements.revokeAll(account);

        assertEquals(new BigDecimal("99.000000"), Accounts.balance(account));
        assertEquals(new BigDecimal("3.000000"), Accounts.settle(hold, "1"));
        assertEquals(new BigDecimal("99.000000"), Accounts.balance(account));
    }

    @Test
    void anUnknownHoldIsRefused() {
        refused("PK009", () -> Accounts.settle(UUID.randomUUID(), "1"));
        refused("PK009", () -> database.one(BigDecimal.class, "SELECT settle_hold(NULL, 1)"));
    }

    @Test
    void whenTheAccountIsGoneTooTheRestGoesToNobody() {
        Accounts.createKey(account, "key", "10");
        UUID hold = Accounts.hold(account, "key", "4");
        UUID receipt = LiveStatements.revokeAll(account);
        database.execute("DELETE FROM account WHERE id = ?", account);

        assertEquals(new BigDecimal("3.000000"), Accounts.settle(hold, "1"));
        assertEquals(new BigDecimal("3.000000"), Accounts.settle(hold, "1"));
        assertEquals(List.of("0.000000|"), database.rows("SELECT credits_settled_later FROM revocation WHERE id = ?", receipt),
                "nothing came back");
    }

    @Test
    void aHoldCountsUntilItIsReleasedAlsoAfterItsTime() {
        Accounts.createKey(account, "key", "10");
        UUID hold = Accounts.hold(account, "key", "4");
        Accounts.expireHolds(account);

        assertEquals(new BigDecimal("4.000000"), Accounts.used(account, "key"));
        refused("PK004", () -> Accounts.spend(account, "key", "6.000001"));
        assertEquals(new BigDecimal("1.000000"), Accounts.settle(hold, "3"));
    }

    @Test
    void aHoldOnAKeyThatCannotPayIsRefusedByTheCodesOfASpend() {
        String five = Accounts.open("250");
        Accounts.createFiveKeys(five);
        List<String> before = Accounts.everything(five);

        refused("PK001", () -> Accounts.hold(five, "no such key", "1"));
        refused("PK002", () -> Accounts.hold(five, "disabled", "1"));
        refused("PK003", () -> Accounts.hold(five, "expired", "1"));
        refused("PK004", () -> Accounts.hold(five, "fully used", "0.000001"));
        refused("PK004", () -> Accounts.hold(five, "partly used", "54.500001"));
        refused("PK004", () -> Accounts.hold(five, "unused", "1000000000000000000000000"));
        assertEquals(before, Accounts.everything(five));
    }

    @Test
    void whatIsOnHoldCanNeitherBeSpentNorHeldAgain() {
        Accounts.createKey(account, "key", "10");
        Accounts.hold(account, "key", "9");

        refused("PK004", () -> Accounts.spend(account, "key", "1.000001"));
        refused("PK004", () -> Accounts.hold(account, "key", "1.000001"));
        assertEquals(new BigDecimal("0.000000"), Accounts.spend(account, "key", "1"));
    }

    @ParameterizedTest
    @ValueSource(strings = { "NaN", "Infinity", "-Infinity", "0", "-1", "0.0000001", "1.0000005" })
    void holdingRefusesWhatIsNoAmount(String amount) {
        Accounts.createKey(account, "key", "10");
        List<String> before = Accounts.everything(account);

        refused("22003", () -> database.one(UUID.class, "SELECT hold_id FROM hold_credits(sha256(?::bytea), ?::numeric, 600)",
                Accounts.secret(account, "key"), amount));
        refused("22003", () -> database.one(UUID.class, "SELECT hold_id FROM hold_credits(sha256(?::bytea), NULL, 600)",
                Accounts.secret(account, "key")));
        assertEquals(before, Accounts.everything(account));
    }

    @ParameterizedTest
    @ValueSource(strings = { "0", "-1", "86401", "2147483647", "NULL" })
    void aHoldLastsASecondToADay(String seconds) {
        Accounts.createKey(account, "key", "10");
        List<String> before = Accounts.everything(account);
        String hold = "SELECT hold_id FROM hold_credits(sha256(?::bytea), 1, %s)";

        refused("22023", () -> database.one(UUID.class, hold.formatted(seconds), Accounts.secret(account, "key")));
        assertEquals(before, Accounts.everything(account));
        database.one(UUID.class, hold.formatted("1"), Accounts.secret(account, "key"));
        database.one(UUID.class, hold.formatted("86400"), Accounts.secret(account, "key"));
    }

    @ParameterizedTest
    @ValueSource(strings = { "NaN", "Infinity", "-Infinity", "-0.000001", "0.0000001", "4.000001", "1e30" })
    void settlingRefusesWhatTheCallCannotHaveCost(String cost) {
        Accounts.createKey(account, "key", "10");
        UUID hold = Accounts.hold(account, "key", "4");
        List<String> before = Accounts.everything(account);

        refused("22003", () -> database.one(BigDecimal.class, "SELECT settle_hold(?, ?::numeric)", hold, cost));
        refused("22003", () -> database.one(BigDecimal.class, "SELECT settle_hold(?, NULL)", hold));
        assertEquals(before, Accounts.everything(account));
    }

    @Test
    void theDataPlaneCanHoldAndSettleAndChangeNoHoldOtherwise() throws Exception {
        Accounts.createKey(account, "key", "10");
        try (Connection gateway = database.connect("postgres", Postgres.DATA_PLANE_USER, Postgres.PASSWORD)) {
            UUID hold = Accounts.hold(gateway, account, "key", "4");
            assertEquals(new BigDecimal("3.000000"), Accounts.settle(gateway, hold, "1"));
            Postgres.execute(gateway, "SELECT count(*) FROM credit_hold");
            for (String forbidden : List.of("UPDATE credit_hold SET amount = 1", "DELETE FROM credit_hold",
                    "INSERT INTO credit_hold (id, account_id, key_id, amount, expires_at) VALUES (gen_random_uuid(), 'x', 'x', 1, now())",
                    "SELECT release_holds('{}', now())", "SELECT purge_receipts()")) {
                SQLException refused = assertThrows(SQLException.class, () -> Postgres.execute(gateway, forbidden), forbidden);
                assertEquals("42501", refused.getSQLState(), forbidden);
            }
        }
    }

    @Test
    void theFunctionCanNeitherHoldNorSettle() throws Exception {
        try (Connection function = database.connect("postgres", Postgres.FUNCTION_USER, Postgres.PASSWORD)) {
            for (String forbidden : List.of("SELECT hold_credits('x', 1, 1)", "SELECT settle_hold(gen_random_uuid(), 1)",
                    "SELECT release_holds('{}', now())", "UPDATE credit_hold SET amount = 1", "UPDATE credit_hold SET settled = 0",
                    "UPDATE revocation SET credits_settled_later = 1", "DELETE FROM credit_hold")) {
                SQLException refused = assertThrows(SQLException.class, () -> Postgres.execute(function, forbidden), forbidden);
                assertEquals("42501", refused.getSQLState(), forbidden);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = { "amount = 'NaN'", "amount = 0", "amount = -1", "settled = 'NaN', settled_at = now()",
            "settled = -0.000001, settled_at = now()", "settled = 4.000001, settled_at = now()", "settled = 1", "settled_at = now()",
            "expires_at = 'infinity'" })
    void theTableRefusesWhatIsNoHold(String change) {
        Accounts.createKey(account, "key", "10");
        Accounts.hold(account, "key", "4");

        refused("23514", () -> database.execute("UPDATE credit_hold SET " + change + " WHERE account_id = ?", account));
    }

    static void refused(String state, Runnable call) {
        IllegalStateException refused = assertThrows(IllegalStateException.class, call::run);
        assertEquals(state, ((SQLException) refused.getCause()).getSQLState(), refused.getCause().getMessage());
    }
}
