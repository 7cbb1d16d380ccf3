package io.proxykeys.conservation;

import io.proxykeys.harness.Postgres;
import io.proxykeys.key.KeyReference;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The second statements of the operations that look up, create, change, recreate and rotate keys, for a {@link SqlCopy}.
 *
 * @param seed the same for each run of the transaction: the identifiers and secrets of new keys are made of it
 */
record SqlKeys(Connection connection, Order order, UUID seed) {

    private static final int MOST = 100;

    Answer carryOut() throws SQLException {
        return switch (order.kind()) {
            case CREATE -> create();
            case UPDATE -> update();
            case LOOKUP -> lookUp();
            case RECREATE -> recreate();
            case ROTATE -> rotate();
            default -> throw new AssertionError(order);
        };
    }

    private Answer create() throws SQLException {
        String outcome = Postgres.one(connection, String.class, """
                SELECT outcome FROM create_proxy_key(?, ?, ?, ?, NULL, '{}', '{}', ?, 'create', 0, 1)""",
                order.account(), order.name(), hash(0), order.number(), id(0));
        return outcome.equals("created") ? new Answer.Created(id(0), secret(0), null) : new Answer.Refused();
    }

    private Answer update() throws SQLException {
        String outcome = Postgres.one(connection, String.class, """
                SELECT outcome FROM update_proxy_key(?, NULL, ?, NULL, ?, NULL, NULL, NULL, 'lookup-update', 0, 1)""",
                order.account(), order.secret().hash, order.number());
        return outcome.equals("updated") ? new Answer.Updated() : new Answer.Refused();
    }

    private Answer lookUp() throws SQLException {
        try (PreparedStatement statement = Postgres.prepare(connection, """
                SELECT outcome, allocated, used FROM look_up_proxy_key(?, NULL, ?, 'lookup-update', 0, 1)""",
                order.account(), order.secret().hash);
                ResultSet row = statement.executeQuery()) {
            row.next();
            return row.getString(1).equals("found") ? new Answer.LookedUp(row.getBigDecimal(2), row.getBigDecimal(3))
                    : new Answer.Refused();
        }
    }

    private Answer recreate() throws SQLException {
        List<Answer.Created> keys = new ArrayList<>();
        BigDecimal credits = BigDecimal.ZERO;
        try (PreparedStatement statement = Postgres.prepare(connection, """
                SELECT outcome, credits_allocated, replaces, id FROM recreate_proxy_keys(?, ?, NULL, ?, ?, 'recreate', 0, 1)""",
                order.account(), UUID.fromString(order.of()),
                connection.createArrayOf("text", IntStream.range(0, MOST).mapToObj(this::id).toArray()),
                connection.createArrayOf("bytea", IntStream.range(0, MOST).mapToObj(this::hash).toArray(byte[][]::new)));
                ResultSet rows = statement.executeQuery()) {
            while (rows.next()) {
                if (!rows.getString(1).equals("recreated")) {
                    return new Answer.Refused();
                }
                credits = rows.getBigDecimal(2);
                if (rows.getString(4) != null) {
                    int number = Integer.parseInt(rows.getString(4).substring(9, 12));
                    keys.add(new Answer.Created(rows.getString(4), secret(number), rows.getString(3)));
                }
            }
        }
        return new Answer.Recreated(keys, credits);
    }

    private Answer rotate() throws SQLException {
        int many = order.secrets().size();
        Answer.Created[] keys = new Answer.Created[many];
        try (PreparedStatement statement = Postgres.prepare(connection, """
                SELECT outcome, place, key_id FROM rotate_proxy_keys(?, ?, ?, ?, ?, 'rotate', 0, 1)""",
                order.account(), connection.createArrayOf("text", new String[many]),
                connection.createArrayOf("bytea", order.secrets().stream().map(secret -> secret.hash).toArray(byte[][]::new)),
                connection.createArrayOf("bytea", IntStream.range(0, many).mapToObj(this::hash).toArray(byte[][]::new)),
                order.number().intValue()); ResultSet rows = statement.executeQuery()) {
            while (rows.next()) {
                if (!rows.getString(1).equals("rotated")) {
                    return new Answer.Refused();
                }
                keys[rows.getInt(2) - 1] = new Answer.Created(rows.getString(3), secret(rows.getInt(2) - 1), null);
            }
        }
        return new Answer.Rotated(Stream.of(keys).filter(Objects::nonNull).toList());
    }

    /** In its form, with the number in front. */
    private String id(int number) {
        return "ek-proxy-%03d%s".formatted(number, seed.toString().replace("-", "").substring(3));
    }

    private String secret(int number) {
        return "secret of " + id(number);
    }

    private byte[] hash(int number) {
        return KeyReference.of(secret(number)).secretHash().getBytes();
    }
}
