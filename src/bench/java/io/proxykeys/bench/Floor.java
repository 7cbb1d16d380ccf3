package io.proxykeys.bench;

import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.UUID;

/**
 * A deletion without the function: four round trips (BEGIN, lock, deletion, COMMIT), sent by the JDBC driver, each when the one before
 * it has been answered. The function waits twice only, so on a slow network it can be faster than this.
 */
final class Floor implements AutoCloseable {

    private final Connection connection;
    private final Sql sql;
    private final Statement plain;
    private final PreparedStatement lock;
    private final PreparedStatement revoke;

    /** What is sent. */
    enum Sql {

        /** What the function sends. */
        SAME("SELECT id FROM lock_account_for_change(?)", """
                SELECT keys_deleted, credits_returned
                  FROM carry_out_revocation(account_id => ?, receipt_id => ?, operation => 'all', target_id => NULL,
                           target_hash => NULL, dedupe_key => NULL, requested_by => 'bench', block_seconds => 0,
                           bucket => 'none', calls_per_minute => 0, burst => 1)"""),

        /** The least that deletes the keys and returns their credits: no receipt, no message, no limit, no promise about COMMIT. */
        BARE("SELECT id FROM account WHERE id = ? FOR UPDATE", """
                WITH gone AS (DELETE FROM proxy_key WHERE account_id = ? RETURNING allocated - used AS unused),
                     total AS (SELECT count(*) AS keys, coalesce(sum(unused), 0) AS credits FROM gone)
                UPDATE account SET balance = balance + credits FROM total WHERE id = ? RETURNING keys, credits""");

        private final String lock;
        private final String deletion;

        Sql(String lock, String deletion) {
            this.lock = lock;
            this.deletion = deletion;
        }
    }

    /** @param keys how many were deleted */
    record Revoked(int keys, BigDecimal credits) {
    }

    /** @param connection commits automatically, so that the driver sends BEGIN and COMMIT when they are asked for */
    Floor(Connection connection, Sql sql) throws SQLException {
        this.connection = connection;
        this.sql = sql;
        this.plain = connection.createStatement();
        this.lock = connection.prepareStatement(sql.lock);
        this.revoke = connection.prepareStatement(sql.deletion);
    }

    Revoked revoke(String account) throws SQLException {
        plain.execute("BEGIN");
        lock.setString(1, account);
        lock.executeQuery().close();
        revoke.setString(1, account);
        if (sql == Sql.SAME) {
            revoke.setObject(2, UUID.randomUUID());
        } else {
            revoke.setString(2, account);
        }
        Revoked revoked;
        try (ResultSet row = revoke.executeQuery()) {
            row.next();
            revoked = new Revoked(row.getInt(1), row.getBigDecimal(2));
        }
        plain.execute("COMMIT");
        return revoked;
    }

    @Override
    public void close() throws SQLException {
        connection.close();
    }
}
