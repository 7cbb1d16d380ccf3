package io.proxykeys.conservation;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.util.ArrayList;
import java.util.List;

/** What the database says of the accounts of a ledger, all of it at one moment, with what their clients saw beside it. */
final class Books {

    /**
     * Every key there ever was: its name, its account, when it was made, what it was given, what it spent, when it went. The name of one
     * that was recreated is its identifier here: in the database it has that of the key it replaces.
     */
    private static final String EVERY_KEY = """
            SELECT k.account_id, CASE WHEN c.id IS NULL THEN k.name ELSE k.id END AS name, k.id, k.created_at,
                   k.allocated, k.used, k.is_active, k.gone_at
              FROM (SELECT account_id, name, id, created_at, allocated, used, is_active, timestamptz 'infinity' AS gone_at FROM proxy_key
                     WHERE account_id = ANY (?)
                    UNION ALL
                    SELECT r.account_id, k.name, k.id, k.created_at, k.allocated, k.used, k.is_active, r.revoked_at
                      FROM revoked_key k JOIN revocation r ON r.id = k.revocation_id
                     WHERE r.account_id = ANY (?)) k
              LEFT JOIN revoked_key c ON c.recreated_as = k.id""";

    /** Every hold there ever was, and whether it was open when its key went; that of a key that lives always is. */
    private static final String EVERY_HOLD = """
            SELECT h.*, k.gone_at, h.settled IS NULL OR h.settled_at > k.gone_at AS open_at_end,
                   CASE WHEN h.late_at < k.gone_at THEN h.charged_late ELSE 0 END AS charged_to_key,
                   CASE WHEN h.late_at > k.gone_at THEN h.charged_late ELSE 0 END AS charged_to_balance
              FROM credit_hold h LEFT JOIN every_key k ON k.id = h.key_id
             WHERE h.account_id = ANY (?)""";

    /** When a secret ended that a change took away or gave an end; of one that was only seen in a change: never. */
    private static final String SECRET_END = """
            SELECT c.key_id, h.hash, min(CASE WHEN h.hash = (c.after).secret_hash THEN 'infinity'
                                              WHEN h.hash = (c.after).previous_secret_hash THEN (c.after).previous_valid_until
                                              ELSE c.at END) AS ended
              FROM key_journal c, LATERAL (VALUES ((c.before).secret_hash), ((c.before).previous_secret_hash)) h (hash)
             WHERE c.account_id = ANY (?) GROUP BY c.key_id, h.hash""";

    /** What clients used, what their orders named, and the secrets that they got by rotations. */
    private static final String SEEN = """
            CREATE TEMPORARY TABLE used (account_id text, name text, hash bytea, began timestamptz, ended timestamptz, refused boolean)
                ON COMMIT DROP;
            CREATE TEMPORARY TABLE named (account_id text, name text, hash bytea, order_name text, certain boolean) ON COMMIT DROP;
            CREATE TEMPORARY TABLE told (account_id text, name text, hash bytea) ON COMMIT DROP""";

    final Ledger ledger;
    final List<String> violations;
    private final Connection connection;

    Books(Connection connection, Ledger ledger) throws SQLException {
        this.connection = connection;
        this.ledger = ledger;
        this.violations = new ArrayList<>(ledger.violations);
        connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
        connection.setAutoCommit(false);
        try (var statement = connection.createStatement()) {
            statement.execute(SEEN);
        }
        writeSeen();
    }

    private void writeSeen() throws SQLException {
        List<Object[]> used = new ArrayList<>();
        ledger.uses.forEach(use -> used.add(row(use.secret(), Timestamp.from(use.began()), Timestamp.from(use.ended()), use.refused())));
        insert("used", 6, used);
        List<Object[]> named = new ArrayList<>();
        ledger.orders.forEach(settled -> settled.order().secrets().forEach(secret -> named.add(row(secret, settled.order().name(),
                secret.key.wasCreatedBefore(settled.began())))));
        insert("named", 5, named);
        List<Object[]> told = new ArrayList<>();
        ledger.keys.values().forEach(key -> key.secrets().stream().skip(1).forEach(secret -> told.add(row(secret))));
        insert("told", 3, told);
    }

    private static Object[] row(Key.Secret secret, Object... more) {
        List<Object> row = new ArrayList<>(List.of(secret.key.account, secret.key.name, secret.hash));
        row.addAll(List.of(more));
        return row.toArray();
    }

    private void insert(String table, int columns, List<Object[]> rows) throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement("INSERT INTO " + table + " VALUES (?" + ", ?".repeat(columns - 1)
                + ")")) {
            for (Object[] row : rows) {
                for (int i = 0; i < columns; i++) {
                    insert.setObject(i + 1, row[i]);
                }
                insert.addBatch();
            }
            insert.executeBatch();
        }
        try (var statement = connection.createStatement()) {
            statement.execute("ANALYZE " + table);
        }
    }

    /** Adds what a query finds that should find nothing. */
    void none(String violation, String query) throws SQLException {
        try (PreparedStatement statement = prepare(query); ResultSet rows = statement.executeQuery()) {
            while (rows.next()) {
                StringBuilder row = new StringBuilder(violation).append(':');
                for (int i = 1; i <= rows.getMetaData().getColumnCount(); i++) {
                    row.append(' ').append(rows.getString(i));
                }
                violations.add(row.toString());
            }
        }
    }

    /**
     * Each parameter of the query is the accounts; it may read {@code every_key}, {@code every_hold}, {@code secret_end}, and the tables of
     * what clients saw.
     */
    PreparedStatement prepare(String query) throws SQLException {
        String sql = "WITH every_key AS MATERIALIZED (" + EVERY_KEY + "), every_hold AS MATERIALIZED (" + EVERY_HOLD
                + "), secret_end AS MATERIALIZED (" + SECRET_END + ") " + query;
        PreparedStatement statement = connection.prepareStatement(sql);
        for (int i = 1; i <= sql.chars().filter(c -> c == '?').count(); i++) {
            statement.setArray(i, connection.createArrayOf("text", ledger.accounts.toArray()));
        }
        return statement;
    }
}
