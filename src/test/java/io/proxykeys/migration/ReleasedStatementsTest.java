package io.proxykeys.migration;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.proxykeys.harness.Accounts;
import io.proxykeys.harness.Postgres;
import io.proxykeys.migration.ReleasedStatements.Released;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.UUID;
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

    private Connection function;
    private String account;

    @BeforeEach
    void connect() throws SQLException {
        Postgres.shared().execute("INSERT INTO account (id, balance) VALUES ('released', 1) ON CONFLICT DO NOTHING");
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
        // As in the function: nothing is changed outside a transaction that holds the lock.
        lock();
        assertEquals(released.columns(), ReleasedStatements.columns(function, released));
        function.rollback();
    }

    @Test
    void itDeletesAllKeysOnceAndReplaysTheAnswer() throws SQLException {
        Accounts.createFiveKeys(account);
        String receipt = UUID.randomUUID().toString();

        assertEquals("revoked|" + receipt + "|5|0|174.500000|174.500000", revoke(receipt));
        assertEquals("replayed|" + receipt + "|5|0|174.500000|174.500000", revoke(UUID.randomUUID().toString()));

        assertEquals(1, Accounts.receipts(account));
        assertEquals(0, Accounts.keys(account));
    }

    private static Connection login() throws SQLException {
        Connection login = Postgres.shared().connect("postgres", Postgres.FUNCTION_USER, Postgres.PASSWORD);
        login.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);
        login.setAutoCommit(false);
        ReleasedStatements.prepare(login);
        return login;
    }

    private void lock() throws SQLException {
        assertEquals(List.of(account), ReleasedStatements.rows(function, "lock", quoted(account)));
    }

    /** BEGIN, lock, statement, COMMIT; the columns that do not depend on the clock. */
    private String revoke(String receipt) throws SQLException {
        lock();
        String row = ReleasedStatements.rows(function, "revoke", quoted(receipt), quoted(account), "'all'", "NULL", "NULL", "'once'",
                "'client'", "0", "'delete-all'", "10", "10").get(0);
        function.commit();
        return String.join("|", List.of(row.split("\\|", -1)).subList(0, 6));
    }

    private static String quoted(String text) {
        return "'" + text + "'";
    }
}
