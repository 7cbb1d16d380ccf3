package io.proxykeys.database;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.proxykeys.harness.Accounts;
import io.proxykeys.harness.Postgres;
import io.proxykeys.revocation.LiveStatements;
import io.proxykeys.revocation.LiveStatements.Order;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The schema, and the functions of the data plane. */
class SchemaTest {

    private final Postgres database = Postgres.shared();

    @Test
    void theGrantsMayBeRepeated() throws Exception {
        database.execute(Files.readString(Path.of("src/main/resources/db/roles.sql")));
    }

    @Test
    void spendingReturnsWhatIsLeft() {
        String account = Accounts.open("100");
        Accounts.createKey(account, "key", "10");

        assertEquals(new BigDecimal("7.500000"), Accounts.spend(account, "key", "2.5"));
        assertEquals(new BigDecimal("0.000000"), Accounts.spend(account, "key", "7.5"));
        assertEquals(new BigDecimal("90.000000"), Accounts.balance(account));
    }

    @ParameterizedTest
    @ValueSource(strings = { "NaN", "Infinity", "-Infinity", "0", "-1", "0.0000001", "1.0000005" })
    void spendingRefusesWhatIsNoAmount(String cost) {
        String account = Accounts.open("100");
        Accounts.createKey(account, "key", "10");

        refused("22003", () -> database.one(BigDecimal.class, "SELECT spend_credits(sha256(?::bytea), ?::numeric)",
                Accounts.secret(account, "key"), cost));
        refused("22003", () -> database.one(BigDecimal.class, "SELECT spend_credits(sha256(?::bytea), NULL)",
                Accounts.secret(account, "key")));
        assertEquals(new BigDecimal("110.000000"), Accounts.total(account).add(BigDecimal.TEN));
    }

    @Test
    void spendingRefusesAKeyThatCannotPay() {
        String account = Accounts.open("250");
        Accounts.createFiveKeys(account);
        List<String> before = Accounts.everything(account);

        refused("PK001", () -> Accounts.spend(account, "no such key", "1"));
        refused("PK002", () -> Accounts.spend(account, "disabled", "1"));
        refused("PK003", () -> Accounts.spend(account, "expired", "1"));
        refused("PK004", () -> Accounts.spend(account, "fully used", "0.000001"));
        refused("PK004", () -> Accounts.spend(account, "partly used", "54.500001"));
        refused("PK004", () -> Accounts.spend(account, "unused", "1000000000000000000000000"));
        assertEquals(before, Accounts.everything(account));
    }

    @Test
    void creatingMovesCreditsIntoTheKey() {
        String account = Accounts.open("100");

        String id = Accounts.createKey(account, "a name of 25 characters!!", "0.000001");

        assertTrue(id.startsWith("ek-proxy-"), id);
        assertEquals(new BigDecimal("99.999999"), Accounts.balance(account));
        assertEquals(List.of("0.000001|0.000000|t|null|{large,small}|{10.0.0.0/8}|null|"), database.rows("""
                SELECT allocated, used, is_active, expires_at, model_whitelist, ip_whitelist, last_used
                  FROM proxy_key WHERE id = ?""", id));
    }

    @ParameterizedTest
    @CsvSource({ "NaN,22003", "Infinity,22003", "-Infinity,22003", "0,22003", "-1,22003", "0.0000001,22003", "100000000000000,22003",
            "100.000001,PK006" })
    void creatingRefusesABadAmountAndAnOverdraft(String allocated, String state) {
        String account = Accounts.open("100");
        List<String> before = Accounts.everything(account);

        refused(state, () -> database.one(String.class,
                "SELECT create_proxy_key(?, 'key', sha256(?::bytea), ?::numeric, NULL, NULL, NULL)", account, account, allocated));
        assertEquals(before, Accounts.everything(account));
    }

    @Test
    void creatingRefusesAnUnknownOrBlockedAccountAndBadArguments() {
        String account = Accounts.open("100");

        refused("PK005", () -> Accounts.createKey("nobody", "key", "1"));
        refused("22023", () -> Accounts.createKey(account, "a name of 26 characters!!!", "1"));
        refused("22023", () -> database.one(String.class,
                "SELECT create_proxy_key(?, 'key', 'short'::bytea, 1, NULL, NULL, NULL)", account));
        database.execute("UPDATE account SET new_keys_blocked_until = now() + interval '1 minute' WHERE id = ?", account);
        refused("PK007", () -> Accounts.createKey(account, "key", "1"));
        database.execute("UPDATE account SET new_keys_blocked_until = now() - interval '1 second' WHERE id = ?", account);
        Accounts.createKey(account, "key", "1");
    }

    @Test
    void aBlockHoldsForKeysInsertedByOtherMeansToo() {
        String account = Accounts.open("100");
        String insert = """
                INSERT INTO proxy_key (id, account_id, name, secret_hash, allocated) VALUES (?, ?, 'x', sha256(?::bytea), 0)""";
        database.execute("UPDATE account SET new_keys_blocked_until = now() + interval '1 minute' WHERE id = ?", account);
        refused("PK007", () -> database.execute(insert, account, account, account));
        database.execute("UPDATE account SET new_keys_blocked_until = now() - interval '1 second' WHERE id = ?", account);
        database.execute(insert, account, account, account);
    }

    @ParameterizedTest
    @ValueSource(strings = {
            "UPDATE account SET balance = 'NaN' WHERE id = ?",
            "UPDATE account SET balance = -0.000001 WHERE id = ?",
            "UPDATE account SET balance = 'Infinity' WHERE id = ?",
            "UPDATE proxy_key SET allocated = 'NaN' WHERE account_id = ?",
            "UPDATE proxy_key SET used = 'NaN' WHERE account_id = ?",
            "UPDATE proxy_key SET used = allocated + 0.000001 WHERE account_id = ?",
            "UPDATE proxy_key SET used = -0.000001 WHERE account_id = ?",
            "UPDATE proxy_key SET allocated = 'Infinity' WHERE account_id = ?",
            "INSERT INTO rate_limit (account_id, bucket, paid_until) VALUES (?, 'delete-all', 'infinity')",
            "UPDATE proxy_key SET allocated = -0.000001, used = -0.000001 WHERE account_id = ?",
            "INSERT INTO proxy_key (id, account_id, secret_hash, allocated) VALUES ('x', ?, 'x', 'NaN')",
            "INSERT INTO proxy_key (id, account_id, secret_hash, allocated) VALUES ('x', ?, 'x', -1)",
            "INSERT INTO revocation VALUES (gen_random_uuid(), ?, 'request', 'all', NULL, NULL, NULL, NULL, 0, 0, 'NaN', 0, now())",
            "INSERT INTO revocation VALUES (gen_random_uuid(), ?, 'request', 'all', NULL, NULL, NULL, NULL, 0, 0, 0, 'NaN', now())",
            "INSERT INTO revocation VALUES (gen_random_uuid(), ?, 'request', 'all', NULL, NULL, NULL, NULL, 0, 0, -1, 0, now())",
            "INSERT INTO revocation VALUES (gen_random_uuid(), ?, 'request', 'all', NULL, NULL, NULL, NULL, 0, 0, 0, -1, now())",
            "INSERT INTO revocation VALUES (gen_random_uuid(), ?, 'request', 'all', NULL, NULL, NULL, NULL, -1, 0, 0, 0, now())",
            "INSERT INTO revoked_key SELECT gen_random_uuid(), id, name, 1, 2, true, NULL, '{}', '{}', now(), NULL"
                    + " FROM proxy_key WHERE account_id = ?",
            "INSERT INTO revoked_key SELECT gen_random_uuid(), id, name, 1, 'NaN', true, NULL, '{}', '{}', now(), NULL"
                    + " FROM proxy_key WHERE account_id = ?",
            "INSERT INTO revoked_key SELECT gen_random_uuid(), id, name, 'NaN', 0, true, NULL, '{}', '{}', now(), NULL"
                    + " FROM proxy_key WHERE account_id = ?" })
    void theTablesRefuseWhatIsNoMoney(String statement) {
        String account = Accounts.open("100");
        Accounts.createKey(account, "key", "10");

        IllegalStateException refused = assertThrows(IllegalStateException.class, () -> database.execute(statement, account));

        // A check, or a number that the column cannot hold.
        assertTrue(List.of("23514", "22003").contains(((SQLException) refused.getCause()).getSQLState()), refused.getMessage());
    }

    @ParameterizedTest
    @CsvSource(delimiter = ';', value = {
            "'infinity';NULL", "'-infinity';NULL", "'10000-01-01 00:00:00+00';NULL", "'0001-12-31 23:59:59.999999+00 BC';NULL",
            "NULL;'{{a,b},{c,d}}'" }, quoteCharacter = '"')
    void creatingRefusesWhatAListCannotTell(String expiry, String whitelist) {
        String account = Accounts.open("100");
        List<String> before = Accounts.everything(account);

        for (String whitelists : List.of(whitelist + ", NULL", "NULL, " + whitelist)) {
            refused("22023", () -> database.one(String.class,
                    "SELECT create_proxy_key(?, 'key', sha256(?::bytea), 1, " + expiry + ", " + whitelists + ")", account, account));
        }
        assertEquals(before, Accounts.everything(account));
    }

    @ParameterizedTest
    @ValueSource(strings = {
            "UPDATE proxy_key SET expires_at = 'infinity' WHERE account_id = ?",
            "UPDATE proxy_key SET expires_at = '-infinity' WHERE account_id = ?",
            "UPDATE proxy_key SET expires_at = '10000-01-01 00:00:00+00' WHERE account_id = ?",
            "UPDATE proxy_key SET expires_at = '0001-12-31 23:59:59.999999+00 BC' WHERE account_id = ?",
            "UPDATE proxy_key SET last_used = 'infinity' WHERE account_id = ?",
            "UPDATE proxy_key SET last_used = '10000-01-01 00:00:00+00' WHERE account_id = ?",
            "UPDATE proxy_key SET created_at = 'infinity' WHERE account_id = ?",
            "UPDATE proxy_key SET model_whitelist = '{{a,b},{c,d}}' WHERE account_id = ?",
            "UPDATE proxy_key SET ip_whitelist = '{{a}}' WHERE account_id = ?",
            "INSERT INTO revoked_key SELECT gen_random_uuid(), id, name, 1, 0, true, 'infinity', '{}', '{}', now(), NULL"
                    + " FROM proxy_key WHERE account_id = ?",
            "INSERT INTO revoked_key SELECT gen_random_uuid(), id, name, 1, 0, true, NULL, '{{a}}', '{}', now(), NULL"
                    + " FROM proxy_key WHERE account_id = ?",
            "INSERT INTO revoked_key SELECT gen_random_uuid(), id, name, 1, 0, true, NULL, '{}', '{{a}}', now(), NULL"
                    + " FROM proxy_key WHERE account_id = ?",
            "INSERT INTO revoked_key SELECT gen_random_uuid(), id, name, 1, 0, true, NULL, '{}', '{}', 'infinity', NULL"
                    + " FROM proxy_key WHERE account_id = ?",
            "INSERT INTO revoked_key SELECT gen_random_uuid(), id, name, 1, 0, true, NULL, '{}', '{}', now(), '-infinity'"
                    + " FROM proxy_key WHERE account_id = ?",
            "INSERT INTO revocation VALUES (gen_random_uuid(), ?, 'request', 'all', NULL, NULL, NULL, NULL, 0, 0, 0, 0, 'infinity')" })
    void theTablesRefuseWhatAListCannotTell(String statement) {
        String account = Accounts.open("100");
        Accounts.createKey(account, "key", "10");

        refused("23514", () -> database.execute(statement, account));
    }

    @ParameterizedTest
    @ValueSource(strings = { "UPDATE account SET balance = 5.0000009 WHERE id = ? RETURNING balance",
            "UPDATE proxy_key SET allocated = 5.0000009 WHERE account_id = ? RETURNING allocated" })
    void aColumnHoldsSixDecimalsWhateverIsWritten(String statement) {
        String account = Accounts.open("100");
        Accounts.createKey(account, "key", "10");

        assertEquals(new BigDecimal("5.000001"), database.one(BigDecimal.class, statement, account));
    }

    @Test
    void theDataPlaneCanSpendAndCreateAndNothingElse() throws Exception {
        String account = Accounts.open("100");
        Accounts.createKey(account, "key", "10");
        try (Connection gateway = database.connect("postgres", Postgres.DATA_PLANE_USER, Postgres.PASSWORD)) {
            assertEquals(new BigDecimal("9.000000"), Accounts.spend(gateway, account, "key", "1"));
            Postgres.one(gateway, String.class, "SELECT create_proxy_key(?, 'new', sha256(?::bytea), 1, NULL, NULL, NULL)",
                    account, account + "new");
            for (String forbidden : List.of("UPDATE account SET balance = 1", "UPDATE proxy_key SET used = 0",
                    "DELETE FROM proxy_key", "SELECT * FROM revocation", "INSERT INTO account (id) VALUES ('x')",
                    "SELECT switch_proxy_key('" + account + "', 'x', NULL, NULL, true)")) {
                SQLException refused = assertThrows(SQLException.class, () -> Postgres.execute(gateway, forbidden), forbidden);
                assertEquals("42501", refused.getSQLState(), forbidden);
            }
            SQLException refused = assertThrows(SQLException.class, () -> LiveStatements.revoke(gateway, Order.ofAll(account)));
            assertEquals("42501", refused.getSQLState());
        }
    }

    @Test
    void aDeletionWaitsForATransactionThatLockedTheAccountToSpendOnTwoKeys() throws Exception {
        String account = Accounts.open("100");
        Accounts.createKey(account, "one", "10");
        Accounts.createKey(account, "two", "10");
        try (Connection gateway = database.connect("postgres", Postgres.DATA_PLANE_USER, Postgres.PASSWORD)) {
            gateway.setAutoCommit(false);
            Postgres.execute(gateway, "SELECT lock_account(?)", account);
            Accounts.spend(gateway, account, "one", "1");

            CompletableFuture<UUID> deletion = CompletableFuture.supplyAsync(() -> LiveStatements.revokeAll(account));
            database.awaitWaitingForALock(Postgres.FUNCTION_USER);
            Accounts.spend(gateway, account, "two", "2");
            gateway.commit();

            deletion.get(20, SECONDS);
        }
        assertEquals(new BigDecimal("97.000000"), Accounts.balance(account));
        refused("PK005", () -> database.execute("SELECT lock_account('nobody')"));
    }

    @Test
    void anUnknownOperationIsRefusedAndNotReportedAsDone() throws Exception {
        String account = Accounts.open("100");
        try (Connection function = LiveStatements.connect()) {
            LiveStatements.lock(function, account);
            SQLException refused = assertThrows(SQLException.class,
                    () -> LiveStatements.revoke(function, Order.ofAll(account).selecting("everything")));
            assertEquals("22023", refused.getSQLState());
        }
    }

    /** As when BEGIN was refused: then the statement has no receipt id to give. */
    @Test
    void aRevocationWithoutTheLockDeletesNothing() throws Exception {
        String account = Accounts.open("100");
        Accounts.createKey(account, "key", "10");
        List<String> before = Accounts.everything(account);
        try (Connection function = LiveStatements.connect()) {
            SQLException refused = assertThrows(SQLException.class, () -> LiveStatements.revoke(function, Order.ofAll(account)));
            assertEquals("23502", refused.getSQLState());
            function.commit();
        }
        assertEquals(before, Accounts.everything(account));
    }

    @Test
    void theStepsOfARevocationAreGrantedToNobody() throws Exception {
        try (Connection function = database.connect("postgres", Postgres.FUNCTION_USER, Postgres.PASSWORD)) {
            for (String step : List.of("earlier_revocation(NULL, NULL, NULL, NULL)", "is_same_key(NULL, NULL, NULL)",
                    "take_token('a', 'delete-all', 1, 1, now())", "find_proxy_key('x', NULL)",
                    "delete_proxy_keys(NULL, NULL, 'all', NULL, NULL, now(), now(), now())",
                    "delete_named_keys(NULL, NULL, NULL, NULL, now())", "suspend_named_keys(NULL, NULL)",
                    "suspend_selected_keys(NULL, now(), now())", "write_suspension(NULL)", "end_overlap(NULL)",
                    "count_newer_keys('a', now())",
                    "update_account('a', 1000, false, 0)", "announce_key_change('a', 1)",
                    "write_receipt(NULL)", "some_deleted_keys(NULL)")) {
                SQLException refused = assertThrows(SQLException.class, () -> Postgres.execute(function, "SELECT " + step), step);
                assertEquals("42501", refused.getSQLState(), step);
            }
        }
    }

    @Test
    void theFunctionGainsNoRightOnTheTableOfLimits() throws Exception {
        try (Connection function = database.connect("postgres", Postgres.FUNCTION_USER, Postgres.PASSWORD)) {
            for (String forbidden : List.of("SELECT * FROM rate_limit", "DELETE FROM rate_limit",
                    "UPDATE rate_limit SET paid_until = now()")) {
                SQLException refused = assertThrows(SQLException.class, () -> Postgres.execute(function, forbidden), forbidden);
                assertEquals("42501", refused.getSQLState(), forbidden);
            }
        }
    }

    @Test
    void theFunctionCanNeitherMintNorForgeNorForget() throws Exception {
        try (Connection function = database.connect("postgres", Postgres.FUNCTION_USER, Postgres.PASSWORD)) {
            for (String forbidden : List.of("INSERT INTO account (id) VALUES ('x')", "DELETE FROM account",
                    "UPDATE proxy_key SET allocated = 1", "UPDATE proxy_key SET used = 0", "UPDATE revocation SET reason = ''",
                    "DELETE FROM revocation", "DELETE FROM revoked_key", "SELECT spend_credits('x', 1)")) {
                SQLException refused = assertThrows(SQLException.class, () -> Postgres.execute(function, forbidden), forbidden);
                assertEquals("42501", refused.getSQLState(), forbidden);
            }
        }
    }

    @Test
    void aTemporaryTableOfTheCallerIsNotTakenForOurs() throws Exception {
        String account = Accounts.open("1");
        database.execute("GRANT TEMPORARY ON DATABASE postgres TO " + Postgres.DATA_PLANE_USER);
        try (Connection gateway = database.connect("postgres", Postgres.DATA_PLANE_USER, Postgres.PASSWORD)) {
            Postgres.execute(gateway, "CREATE TEMPORARY TABLE account (LIKE public.account)");
            Postgres.execute(gateway, "INSERT INTO pg_temp.account (id, balance, keys_version) VALUES (?, 1000000, 0)", account);

            SQLException refused = assertThrows(SQLException.class, () -> Postgres.one(gateway, String.class,
                    "SELECT create_proxy_key(?, 'key', sha256('temp'), 1000, NULL, NULL, NULL)", account));
            assertEquals("PK006", refused.getSQLState());
        }
    }

    private static void refused(String state, Runnable call) {
        IllegalStateException refused = assertThrows(IllegalStateException.class, call::run);
        assertEquals(state, ((SQLException) refused.getCause()).getSQLState(), refused.getCause().getMessage());
    }
}
