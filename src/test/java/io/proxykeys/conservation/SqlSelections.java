package io.proxykeys.conservation;

import io.proxykeys.harness.Postgres;
import io.proxykeys.key.NamedKeys;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.UUID;

/**
 * The second statements of suspensions, resumptions, and deletions of several keys that are named or have a prefix, for a {@link SqlCopy}.
 *
 * @param id of the suspension or the receipt; the same for each run of the transaction
 */
record SqlSelections(Connection connection, Order order, UUID id) {

    private static final String SUSPEND = """
            SELECT outcome, suspension, keys_suspended
              FROM suspend_proxy_keys(?, ?, ?, ?, ?, ?, ?, ?, NULL, NULL, 0, 'suspend', 0, 1)""";
    private static final String DELETE = """
            SELECT outcome, receipt, keys_deleted, credits_returned, balance_after
              FROM carry_out_deletion(?, ?, ?, ?, ?, ?, ?, ?, NULL, NULL, 0, 'delete-all', 0, 1)""";

    Answer carryOut() throws SQLException {
        NamedKeys named = NamedKeys.of(order.secrets().stream().map(secret -> secret.text).toList());
        boolean none = order.secrets().isEmpty();
        try (PreparedStatement statement = Postgres.prepare(connection, order.suspends() ? SUSPEND : DELETE, id, order.account(),
                order.kind().operation, order.of(),
                none ? null : connection.createArrayOf("text", new String[order.secrets().size()]),
                none ? null : connection.createArrayOf("bytea", order.secrets().stream().map(secret -> secret.hash).toArray(byte[][]::new)),
                none ? null : named.digest().getBytes(), order.name()); ResultSet row = statement.executeQuery()) {
            row.next();
            return switch (row.getString(1)) {
                case "suspended" -> new Answer.Suspended(row.getString(2), row.getInt(3));
                case "revoked" -> done(row);
                case "replayed" -> order.suspends() ? new Answer.Suspended(row.getString(2), row.getInt(3)) : done(row);
                default -> throw new AssertionError(order + ": " + row.getString(1));
            };
        }
    }

    private static Answer done(ResultSet row) throws SQLException {
        return new Answer.Done(row.getString(2), row.getInt(3), row.getBigDecimal(4), row.getBigDecimal(5));
    }

    Answer resume() throws SQLException {
        try (PreparedStatement statement = Postgres.prepare(connection, """
                SELECT outcome, keys_resumed, skipped, remaining FROM resume_proxy_keys(?, ?, 'suspend', 0, 1)""",
                order.account(), UUID.fromString(order.of())); ResultSet row = statement.executeQuery()) {
            row.next();
            return row.getString(1).equals("resumed") ? new Answer.Resumed(row.getInt(2), row.getInt(3), row.getInt(4))
                    : new Answer.Refused();
        }
    }
}
