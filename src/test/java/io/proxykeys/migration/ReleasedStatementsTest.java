package io.proxykeys.migration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.proxykeys.harness.Accounts;
import io.proxykeys.harness.Postgres;
import io.proxykeys.migration.ReleasedStatements.Released;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Migrations come before the function of their release, so that the released function runs on the new schema for a while, and for
 * longer if the release is taken back: with the rights of its login, everything it sends works as before.
 */
class ReleasedStatementsTest {

    private static final String NONE = "NULL";
    private final Postgres database = Postgres.shared();
    private Connection function;
    private String account;

    @BeforeEach
    void connect() throws SQLException {
        function = login();
        account = Accounts.open("250");
    }

    @AfterEach
    void disconnect() throws SQLException {
        function.close();
    }

    static List<Released> statements() {
        return ReleasedStatements.all();
    }

    @ParameterizedTest
    @MethodSource("statements")
    void everyStatementIsUnambiguousAndAnswersWithTheColumnsThatTheReleasedFunctionReads(Released released) throws SQLException {
        if (released.name().equals("revoke")) {
            // As in the function: nothing is revoked outside a transaction that holds the lock.
            lock(account);
        }
        assertEquals(released.columns(), ReleasedStatements.columns(function, released));
        function.rollback();
    }

    @Test
    void itDeletesAllKeysAndReplaysTheAnswer() throws SQLException {
        Accounts.createFiveKeys(account);
        String receipt = receipt();

        assertEquals("revoked|" + receipt + "|5|0|174.500000|174.500000", revoke(receipt, "all", NONE, NONE, "'k'"));
        assertEquals("replayed|" + receipt + "|5|0|174.500000|174.500000", revoke(receipt(), "all", NONE, NONE, "'k'"));
        assertEquals("revoked|" + receipt + "|5|0|174.500000|174.500000", revoke(receipt, "all", NONE, NONE, "'k'"));
        assertEquals("reused|" + receipt + "|5|0|174.500000|174.500000", revoke(receipt(), "expired", NONE, NONE, "'k'"));

        assertEquals(1, Accounts.receipts(account));
        assertEquals(0, Accounts.keys(account));
    }

    @Test
    void itRefusesTheEleventhDeletionInAMinute() throws SQLException {
        for (int i = 0; i < 10; i++) {
            assertTrue(revoke(receipt(), "all", NONE, NONE, NONE).startsWith("revoked|"));
        }
        assertEquals("limited|null|null|null|null|null", revoke(receipt(), "all", NONE, NONE, NONE));
    }

    @Test
    void itRemovesOneKeyByItsIdentifierAndByItsSecret() throws SQLException {
        String id = Accounts.createKey(account, "one", "10");
        Accounts.createKey(account, "two", "10");
        String first = receipt();
        String second = receipt();

        assertEquals("revoked|" + first + "|1|0|10.000000|240.000000", revoke(first, "one", quoted(id), hash(id), NONE));
        assertEquals("revoked|" + second + "|1|0|10.000000|250.000000",
                revoke(second, "one", NONE, hash(Accounts.secret(account, "two")), NONE));
    }

    @Test
    void itRefusesAForeignAndAnUnknownKey() throws SQLException {
        String foreign = Accounts.createKey(Accounts.open("10"), "key", "10");

        assertEquals("foreign|null|null|null|null|null", revoke(receipt(), "one", quoted(foreign), hash(foreign), NONE));
        assertEquals("unknown|null|null|null|null|null", revoke(receipt(), "one", "'x'", hash("x"), NONE));
    }

    @Test
    void itTogglesAKey() throws SQLException {
        String id = Accounts.createKey(account, "one", "10");
        String foreign = Accounts.createKey(Accounts.open("10"), "key", "10");

        assertEquals("toggled|f", toggle(id, NONE));
        assertEquals("toggled|f", toggle(id, "false"));
        assertEquals("toggled|t", toggle(id, NONE));
        assertEquals("foreign|null", toggle(foreign, NONE));
        assertEquals("unknown|null", toggle("x", NONE));
        assertEquals(2L, database.one(Long.class, "SELECT keys_version FROM account WHERE id = ?", account));
    }

    @Test
    void itReadsKeysAndReceipts() throws SQLException {
        List<String> ids = Accounts.createFiveKeys(account);
        assertEquals(List.of("5|174.500000"), rows("preview", quoted(account), "'all'"));
        assertEquals(List.of("1|40.000000"), rows("preview", quoted(account), "'expired'"));
        assertEquals(List.of(), rows("preview", "'nobody'", "'all'"));
        assertEquals(ids, rows("list", quoted(account), "0", "''", "1000").stream().map(row -> row.split("\\|", -1)[1]).toList());
        assertEquals(List.of("5"), rows("count keys", quoted(account)));
        assertEquals(List.of(account), rows("account", quoted(account)));
        function.rollback();
        String receipt = receipt();
        revoke(receipt, "all", NONE, NONE, NONE);

        String listed = rows("receipts", quoted(account), "253402300799000000", "'ffffffff-ffff-ffff-ffff-ffffffffffff'", "1001").get(0);
        assertTrue(listed.matches(receipt + "\\|\\d+\\|request\\|all\\|client\\|null\\|5\\|0\\|174.500000\\|174.500000\\|\\d+"), listed);
        assertEquals(List.of(listed), rows("receipt", quoted(account), quoted(receipt)));
        assertEquals(List.of("1"), rows("count receipts", quoted(account)));
        assertEquals(ids, rows("receipt keys", quoted(receipt), "0", "''", "1000").stream().map(row -> row.split("\\|", -1)[1]).toList());
    }

    @Test
    void theReleasedAndTheNewFunctionReplayEachOthersAnswers() throws SQLException {
        Accounts.createFiveKeys(account);
        String old = receipt();
        revoke(old, "all", NONE, NONE, "'before'");
        String now = receipt();

        assertEquals("replayed|" + old, revokeAnew(function, receipt(), "before"));
        assertEquals("revoked|" + now, revokeAnew(function, now, "after"));
        assertTrue(revoke(receipt(), "all", NONE, NONE, "'after'").startsWith("replayed|" + now));
    }

    @Test
    void theReleasedAndTheNewFunctionWaitForEachOther() throws Exception {
        Accounts.createFiveKeys(account);
        lock(account);
        String old = receipt();
        String now = receipt();
        CompletableFuture<String> other = CompletableFuture.supplyAsync(() -> {
            try (Connection connection = login()) {
                return revokeAnew(connection, now, "other");
            } catch (SQLException e) {
                throw new IllegalStateException(e);
            }
        });
        database.awaitWaitingForALock(Postgres.FUNCTION_USER);

        assertEquals("revoked|" + old + "|5|0|174.500000|174.500000", revoke(old, "all", NONE, NONE, NONE));

        assertEquals("revoked|" + now, other.join());
        assertEquals("174.500000", Accounts.balance(account).toString());
        assertEquals(List.of("0|", "5|"), database.rows(
                "SELECT keys_deleted FROM revocation WHERE account_id = ? ORDER BY keys_deleted", account));
    }

    @Test
    void theReleasedAndTheNewFunctionCountSeparately() throws SQLException {
        for (int i = 0; i < 10; i++) {
            revoke(receipt(), "all", NONE, NONE, NONE);
        }

        assertTrue(revokeAnew(function, receipt(), "k").startsWith("revoked|"));
    }

    private static Connection login() throws SQLException {
        Connection connection = Postgres.shared().connect("postgres", Postgres.FUNCTION_USER, Postgres.PASSWORD);
        ReleasedStatements.prepare(connection);
        connection.setAutoCommit(false);
        return connection;
    }

    private static String receipt() {
        return UUID.randomUUID().toString();
    }

    private List<String> rows(String name, String... parameters) throws SQLException {
        return ReleasedStatements.rows(function, name, parameters);
    }

    private void lock(String locked) throws SQLException {
        assertEquals(List.of(locked), rows("lock", quoted(locked)));
    }

    /** BEGIN, lock, statement, COMMIT; without the columns that depend on the clock. */
    private String revoke(String receipt, String operation, String targetId, String targetHash, String dedupeKey) throws SQLException {
        lock(account);
        String row = rows("revoke", quoted(receipt), quoted(account), "'request'", quoted(operation), targetId, targetHash, dedupeKey,
                "'client'", NONE, NONE, "0", "10", "10").get(0);
        function.commit();
        return row.substring(0, row.lastIndexOf('|', row.lastIndexOf('|') - 1));
    }

    private String toggle(String key, String wanted) throws SQLException {
        lock(account);
        String row = rows("toggle", quoted(account), quoted(key), hash(key), wanted).get(0);
        function.commit();
        return row;
    }

    /** The same by the function of this release. */
    private String revokeAnew(Connection connection, String receipt, String dedupeKey) throws SQLException {
        Postgres.one(connection, String.class, "SELECT id FROM account WHERE id = ? FOR UPDATE", account);
        String result = Postgres.one(connection, String.class, """
                SELECT concat_ws('|', outcome, receipt) FROM carry_out_revocation(
                    receipt_id => ?::uuid, account_id => ?, trigger => 'request', operation => 'all', target_id => NULL,
                    target_hash => NULL, dedupe_key => ?, requested_by => NULL, reason => NULL, created_until => NULL,
                    block_seconds => 0, bucket => 'delete-all', calls_per_minute => 10, burst => 10)""", receipt, account, dedupeKey);
        connection.commit();
        return result;
    }

    private static String quoted(String text) {
        return "'" + text + "'";
    }

    private static String hash(String text) {
        return "sha256(" + quoted(text) + ")";
    }
}
