package io.proxykeys.hold;

import io.proxykeys.harness.Postgres;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.UUID;

/** The statements of the function's deletion, one by one, so that a test can stop between them. */
final class Deletion {

    private Deletion() {
    }

    /** Deletes all keys of an account and commits; returns the receipt. */
    static UUID ofAll(String account) {
        try (Connection function = connect()) {
            lock(function, account);
            UUID receipt = delete(function, account);
            function.commit();
            return receipt;
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** A connection as the function's, in a transaction. */
    static Connection connect() throws SQLException {
        Connection function = Postgres.shared().connect("postgres", Postgres.FUNCTION_USER, Postgres.PASSWORD);
        function.setAutoCommit(false);
        return function;
    }

    static void lock(Connection function, String account) throws SQLException {
        Postgres.execute(function, "SELECT id FROM account WHERE id = ? FOR UPDATE", account);
    }

    /** All keys of an account that is locked; returns the receipt. */
    static UUID delete(Connection function, String account) throws SQLException {
        UUID receipt = UUID.randomUUID();
        Postgres.execute(function, """
                SELECT carry_out_revocation(?, ?, 'request', 'all', NULL, NULL, NULL, NULL, NULL, NULL, 0, 'delete-all', 0, 1)""",
                receipt, account);
        return receipt;
    }
}
