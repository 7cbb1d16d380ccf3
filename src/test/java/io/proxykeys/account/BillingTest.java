package io.proxykeys.account;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.proxykeys.harness.Accounts;
import io.proxykeys.harness.Postgres;
import io.proxykeys.revocation.LiveStatements;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code create_account} and {@code top_up}, for the back end of the platform, with the rights of its role. */
class BillingTest {

    private static final String USER = "back_end";

    private final Postgres database = Postgres.shared();
    private final String account = "account-" + UUID.randomUUID();

    @BeforeAll
    static void createLogin() {
        Postgres.shared().execute("""
                DO $$ BEGIN
                    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'back_end') THEN
                        CREATE ROLE back_end LOGIN PASSWORD '%s' IN ROLE proxy_keys_billing;
                    END IF;
                END $$""".formatted(Postgres.PASSWORD));
    }

    @Test
    void anAccountIsOpenedOnceAndStaysAsItIs() throws SQLException {
        openAccount();
        assertEquals("5.000000", topUp("5", "one"));
        openAccount();

        assertEquals("5.000000", Accounts.balance(account).toString());
    }

    @ParameterizedTest
    @ValueSource(strings = { "''", "NULL", "repeat('a', 256)", "E'a\\tb'", "E'a\\u0085b'", "E'\\u007f'" })
    void anAccountIdThatNoTokenCanHaveIsRefused(String id) {
        assertEquals("22023", refused("SELECT create_account(" + id + ")"));
    }

    @Test
    void aTopUpHappensOnceForEachReference() throws SQLException {
        openAccount();

        assertEquals("10.000000", topUp("10", "invoice 1"));
        assertEquals("10.000000", topUp("10.000000", "invoice 1"));
        assertEquals("12.500000", topUp("2.5", "invoice 2"));
        assertEquals("12.500000", topUp("10", "invoice 1"));
        assertEquals("PK011", refused("SELECT top_up('" + account + "', 11, 'invoice 1')"));

        assertEquals("12.500000", Accounts.balance(account).toString());
        assertEquals(List.of("invoice 1|10.000000|", "invoice 2|2.500000|"), database.rows(
                "SELECT reference, amount FROM account_top_up WHERE account_id = ? ORDER BY reference", account));
    }

    @Test
    void theSameReferenceOfAnotherAccountIsAnotherTopUp() throws SQLException {
        String other = Accounts.open("0");
        openAccount();
        topUp("10", "same");

        database.execute("SELECT top_up(?, 7, 'same')", other);

        assertEquals("7.000000", Accounts.balance(other).toString());
    }

    @ParameterizedTest
    @CsvSource({ "0,22003", "-1,22003", "'NaN',22003", "'Infinity',22003", "0.0000001,22003", "NULL,22003", "1e20,22003" })
    void anotherAmountIsRefused(String amount, String state) throws SQLException {
        openAccount();

        assertEquals(state, refused("SELECT top_up('" + account + "', " + (amount.matches("[NI].*") && !amount.equals("NULL")
                ? "'" + amount + "'" : amount) + ", 'r')"));

        assertEquals("0.000000", Accounts.balance(account).toString());
        assertEquals(List.of(), database.rows("SELECT FROM account_top_up WHERE account_id = ?", account));
    }

    @ParameterizedTest
    @ValueSource(strings = { "''", "NULL", "repeat('a', 256)" })
    void aReferenceIsRequired(String reference) throws SQLException {
        openAccount();

        assertEquals("22023", refused("SELECT top_up('" + account + "', 1, " + reference + ")"));
    }

    @Test
    void anUnknownAccountIsRefused() {
        assertEquals("PK005", refused("SELECT top_up('nobody', 1, 'r')"));
    }

    @Test
    void manyAtOnceWithOneReferenceHappenOnce() throws SQLException {
        openAccount();

        List<CompletableFuture<String>> calls = Stream.generate(() -> CompletableFuture.supplyAsync(() -> topUpUnchecked("3", "same")))
                .limit(8).toList();

        calls.forEach(call -> assertEquals("3.000000", call.join()));
        assertEquals("3.000000", Accounts.balance(account).toString());
    }

    @Test
    void aTopUpWaitsForADeletionInFlightAndBothCount() throws Exception {
        openAccount();
        topUp("100", "first");
        Accounts.createKey(account, "key", "10");
        try (Connection function = LiveStatements.connect()) {
            LiveStatements.lock(function, account);
            LiveStatements.deleteAll(function, account);

            CompletableFuture<String> topUp = CompletableFuture.supplyAsync(() -> topUpUnchecked("1", "second"));
            database.awaitWaitingForALock(USER);
            function.commit();

            assertEquals("101.000000", topUp.get(20, SECONDS));
        }
        assertEquals("101.000000", Accounts.balance(account).toString());
    }

    @ParameterizedTest
    @ValueSource(strings = { "SELECT * FROM account", "SELECT * FROM proxy_key", "SELECT * FROM account_top_up",
            "UPDATE account SET balance = 1",
            "INSERT INTO account (id) VALUES ('x')", "DELETE FROM account_top_up",
            "SELECT update_account('x', 1, false, 0)", "SELECT create_proxy_key('x', 'n', sha256('x'), 1, NULL, NULL, NULL)",
            "SELECT lock_account('x')", "SELECT purge_receipts()" })
    void theRoleCanDoNothingElse(String sql) {
        assertEquals("42501", refused(sql));
    }

    @ParameterizedTest
    @ValueSource(strings = { "SELECT create_account('x')", "SELECT top_up('x', 1, 'r')" })
    void theOtherRolesCannot(String sql) {
        assertEquals("42501", refused(Postgres.FUNCTION_USER, sql));
        assertEquals("42501", refused(Postgres.DATA_PLANE_USER, sql));
    }

    @ParameterizedTest
    @ValueSource(strings = { "INSERT INTO proxy_key (id, account_id, secret_hash, allocated) VALUES ('x', 'x', sha256('x'), 0)",
            "UPDATE revoked_key SET recreated_as = NULL", "SELECT * FROM account_top_up", "UPDATE proxy_key SET allocated = 0",
            "SELECT update_account('x', 1, false, 0)", "SELECT take_token('x', 'y', 1, 1, now())",
            "SELECT create_proxy_key('x', 'n', sha256('x'), 1, NULL, NULL, NULL)", "SELECT recreated_keys('x', NULL, '{}', 0)" })
    void theFunctionGainedNoRightButTheOperations(String sql) {
        assertEquals("42501", refused(Postgres.FUNCTION_USER, sql));
    }

    private void openAccount() throws SQLException {
        try (Connection connection = connect(USER)) {
            Postgres.execute(connection, "SELECT create_account(?)", account);
        }
    }

    private String topUp(String amount, String reference) throws SQLException {
        try (Connection connection = connect(USER)) {
            return Postgres.one(connection, BigDecimal.class, "SELECT top_up(?, ?, ?)", account, new BigDecimal(amount), reference)
                    .toString();
        }
    }

    private String topUpUnchecked(String amount, String reference) {
        try {
            return topUp(amount, reference);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private String refused(String sql) {
        return refused(USER, sql);
    }

    /** The SQLSTATE with which a statement is refused. */
    private String refused(String user, String sql) {
        return assertThrows(SQLException.class, () -> {
            try (Connection connection = connect(user)) {
                Postgres.execute(connection, sql);
            }
        }, sql).getSQLState();
    }

    private Connection connect(String user) {
        return database.connect("postgres", user, Postgres.PASSWORD);
    }
}
