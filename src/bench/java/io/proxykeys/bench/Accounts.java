package io.proxykeys.bench;

import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.UUID;

/** Accounts to delete the keys of; by the owner of the tables. */
final class Accounts implements AutoCloseable {

    /** Unused credits of each key. */
    static final BigDecimal UNUSED = new BigDecimal("1.250000");

    private final Connection connection;

    /** @param url of JDBC, with the owner's user and password */
    Accounts(String url) throws SQLException {
        this.connection = connect(url);
        try (var statement = connection.createStatement()) {
            // No triggers: to check a million keys one by one takes minutes.
            statement.execute("SET session_replication_role = replica");
        }
    }

    /** A connection whose statements are prepared by the server from the first use on. */
    static Connection connect(String url) throws SQLException {
        return DriverManager.getConnection(url + (url.contains("?") ? "&" : "?") + "prepareThreshold=-1&ApplicationName=bench");
    }

    String withKeys(int keys) throws SQLException {
        String account = "bench-" + UUID.randomUUID();
        try (PreparedStatement open = connection.prepareStatement("INSERT INTO account (id, balance) VALUES (?, 1000)");
                PreparedStatement create = connection.prepareStatement("""
                        INSERT INTO proxy_key (id, account_id, name, secret_hash, allocated, used, model_whitelist, ip_whitelist)
                        SELECT 'ek-proxy-' || replace(gen_random_uuid()::text, '-', ''), ?, 'key ' || n, sha256((? || n)::bytea), 2, 0.75,
                               '{large,small}', '{10.0.0.0/8}'
                          FROM generate_series(1, ?) n""")) {
            open.setString(1, account);
            open.execute();
            create.setString(1, account);
            create.setString(2, account);
            create.setInt(3, keys);
            create.execute();
        }
        return account;
    }

    /** The identifier of one of its keys. */
    String keyOf(String account) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement("SELECT min(id) FROM proxy_key WHERE account_id = ?")) {
            select.setString(1, account);
            try (ResultSet row = select.executeQuery()) {
                row.next();
                return row.getString(1);
            }
        }
    }

    /** As autovacuum does sooner or later; else whoever comes second finds what the first one left. */
    void tidy() throws SQLException {
        try (var statement = connection.createStatement()) {
            statement.execute("TRUNCATE revoked_key");
            statement.execute("VACUUM ANALYZE proxy_key");
            statement.execute("CHECKPOINT");
        }
    }

    @Override
    public void close() throws SQLException {
        connection.close();
    }
}
