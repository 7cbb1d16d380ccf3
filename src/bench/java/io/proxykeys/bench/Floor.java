package io.proxykeys.bench;

import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.UUID;

/**
 * The same SQL without the function: the four round trips of a deletion (BEGIN, lock, function, COMMIT), sent by the JDBC
 * driver, each when the one before it has been answered. The function waits twice only, so on a slow network it can be faster than this.
 */
final class Floor implements AutoCloseable {

    private final Connection connection;
    private final Statement plain;
    private final PreparedStatement lock;
    private final PreparedStatement revoke;

    /** @param keys how many were deleted */
    record Revoked(int keys, BigDecimal credits) {
    }

    /** @param connection commits by itself, so that the driver sends BEGIN and COMMIT when they are asked for */
    Floor(Connection connection) throws SQLException {
        this.connection = connection;
        this.plain = connection.createStatement();
        this.lock = connection.prepareStatement("SELECT id FROM lock_account_for_change(?)");
        this.revoke = connection.prepareStatement("""
                SELECT outcome, receipt, keys_deleted, keys_spared, credits_returned, balance_after, revoked_at, retry_after
                  FROM carry_out_revocation(receipt_id => ?, account_id => ?, operation => 'all', target_id => NULL,
                           target_hash => NULL, dedupe_key => NULL, requested_by => 'bench', block_seconds => 0,
                       bucket => 'none', calls_per_minute => 0, burst => 1)""");
    }

    Revoked revoke(String account) throws SQLException {
        plain.execute("BEGIN");
        lock.setString(1, account);
        lock.executeQuery().close();
        revoke.setObject(1, UUID.randomUUID());
        revoke.setString(2, account);
        Revoked revoked;
        try (ResultSet row = revoke.executeQuery()) {
            row.next();
            revoked = new Revoked(row.getInt(3), row.getBigDecimal(5));
        }
        plain.execute("COMMIT");
        return revoked;
    }

    @Override
    public void close() throws SQLException {
        connection.close();
    }
}
