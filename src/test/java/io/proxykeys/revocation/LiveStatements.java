package io.proxykeys.revocation;

import io.proxykeys.auth.Caller;
import io.proxykeys.database.AccountChange;
import io.proxykeys.database.AccountLock;
import io.proxykeys.database.Bucket;
import io.proxykeys.database.RateLimit;
import io.proxykeys.harness.Postgres;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.util.HexFormat;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The statements of a person's revocation one by one, word for word as the function sends them, so that a test can stop between them
 * and carry out several at once.
 */
public final class LiveStatements {

    /** The second statement, as it is on the wire. */
    public static final String REVOCATION = RevocationStatement.SQL;

    private static final RateLimit NO_LIMIT = new RateLimit("none", 0, 1);

    private static final Pattern PARAMETER = Pattern.compile("\\$(\\d+)");

    /**
     * The parameters of the second statement.
     *
     * @param targetHash the SHA-256 of the one key's secret, in hexadecimal; {@code null}: no key is named
     */
    public record Order(UUID receipt, String account, String operation, String targetId, String targetHash, String dedupeKey,
            String requestedBy, int blockSeconds, RateLimit limit) {

        /** The deletion of all keys. */
        public static Order ofAll(String account) {
            return new Order(UUID.randomUUID(), account, "all", null, null, null, null, 0, NO_LIMIT);
        }

        /** The same with another operation: a selection of the keys, or {@code one} with {@link #withTargetHash}. */
        public Order selecting(String selection) {
            return new Order(receipt, account, selection, targetId, targetHash, dedupeKey, requestedBy, blockSeconds, limit);
        }

        /** The same with the SHA-256 of a secret; {@code null}: no key is named. */
        public Order withTargetHash(byte[] hash) {
            return new Order(receipt, account, operation, targetId, hash == null ? null : HexFormat.of().formatHex(hash), dedupeKey,
                    requestedBy, blockSeconds, limit);
        }

        public Order withReceipt(UUID id) {
            return new Order(id, account, operation, targetId, targetHash, dedupeKey, requestedBy, blockSeconds, limit);
        }

        public Order withDedupeKey(String key) {
            return new Order(receipt, account, operation, targetId, targetHash, key, requestedBy, blockSeconds, limit);
        }

        /** Blocks new keys. */
        public Order blocking(int seconds) {
            return new Order(receipt, account, operation, targetId, targetHash, dedupeKey, requestedBy, seconds, limit);
        }

        public Order limitedTo(RateLimit calls) {
            return new Order(receipt, account, operation, targetId, targetHash, dedupeKey, requestedBy, blockSeconds, calls);
        }
    }

    private LiveStatements() {
    }

    /** A connection of the function's login, whose transactions begin as the function's do. */
    public static Connection connect() throws SQLException {
        Connection connection = Postgres.shared().connect("postgres", Postgres.FUNCTION_USER, Postgres.PASSWORD);
        begin(connection);
        return connection;
    }

    /** From the next statement on in transactions, READ COMMITTED whatever the default is. */
    public static void begin(Connection connection) throws SQLException {
        connection.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);
        connection.setAutoCommit(false);
    }

    /** The first statement. */
    public static void lock(Connection connection, String account) throws SQLException {
        Postgres.one(connection, String.class, PARAMETER.matcher(AccountLock.LOCK).replaceAll("?"), account);
    }

    /** Lock and deletion of all keys; commits, and returns the receipt. */
    public static UUID revokeAll(String account) {
        try (Connection connection = connect()) {
            lock(connection, account);
            UUID receipt = deleteAll(connection, account);
            connection.commit();
            return receipt;
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Deletes all keys of an account that is locked; returns the receipt. */
    public static UUID deleteAll(Connection connection, String account) throws SQLException {
        Order order = Order.ofAll(account);
        String outcome = revoke(connection, order);
        if (!outcome.equals("revoked")) {
            throw new AssertionError(outcome);
        }
        return order.receipt();
    }

    /** The second statement; returns the outcome. */
    public static String revoke(Connection connection, Order order) throws SQLException {
        try (PreparedStatement statement = prepare(connection, order); ResultSet row = statement.executeQuery()) {
            row.next();
            return row.getString("outcome");
        }
    }

    /** The second statement, to be executed. */
    public static PreparedStatement prepare(Connection connection, Order order) throws SQLException {
        byte[] hash = order.targetHash() == null ? null : HexFormat.of().parseHex(order.targetHash());
        Object[] values = { order.receipt(), order.account(), order.operation(), null,
                connection.createArrayOf("text", new Object[] { order.targetId() }), connection.createArrayOf("bytea", new byte[][] {
                        hash }),
                null, order.dedupeKey(), order.requestedBy(), null, order.blockSeconds(), order.limit().bucket(), order.limit().perMinute(),
                order.limit().burst() };
        PreparedStatement statement = connection.prepareStatement(PARAMETER.matcher(REVOCATION).replaceAll("?"));
        Matcher parameters = PARAMETER.matcher(REVOCATION);
        for (int place = 1; parameters.find(); place++) {
            Object value = values[Integer.parseInt(parameters.group(1)) - 1];
            if (value == null) {
                statement.setNull(place, Types.NULL);
            } else {
                statement.setObject(place, value);
            }
        }
        return statement;
    }

    /** Both on a connection of the function, without limit, for a deletion of all keys. */
    public static AccountChange<Supplier<Receipt>> change(UUID receipt, String account) {
        Caller caller = new Caller(account, null, null);
        return RevocationStatement.of(new RevocationRequest(receipt, caller, "all", Optional.empty(), Optional.empty(), 0, Optional.empty(),
                Bucket.DELETE_ALL), NO_LIMIT);
    }
}
