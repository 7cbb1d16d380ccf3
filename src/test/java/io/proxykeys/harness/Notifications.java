package io.proxykeys.harness;

import com.fasterxml.jackson.databind.JsonNode;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;

/** A cache of the data plane: listens on {@code proxy_keys_changed}. */
public final class Notifications implements AutoCloseable {

    private static final String CHANNEL = "proxy_keys_changed";

    private final Connection connection = Postgres.shared().connect();
    private final List<JsonNode> received = new ArrayList<>();

    public Notifications() throws SQLException {
        Postgres.execute(connection, "LISTEN " + CHANNEL);
    }

    /**
     * What has been said about an account so far. PostgreSQL delivers in the order of commits: once a message sent now has
     * come, everything committed before has.
     */
    public List<JsonNode> about(String account) throws SQLException {
        String marker = "{\"marker\":\"" + UUID.randomUUID() + "\"}";
        Postgres.shared().execute("SELECT pg_notify(?, ?)", CHANNEL, marker);
        for (boolean seen = false; !seen;) {
            PGNotification[] next = connection.unwrap(PGConnection.class).getNotifications(10_000);
            if (next == null || next.length == 0) {
                throw new AssertionError("The notification sent last did not come within 10 s");
            }
            for (PGNotification notification : next) {
                seen |= notification.getParameter().equals(marker);
                received.add(Api.json(notification.getParameter()));
            }
        }
        return received.stream().filter(message -> account.equals(message.path("account_id").textValue())).toList();
    }

    @Override
    public void close() throws SQLException {
        connection.close();
    }
}
