package io.proxykeys.conservation;

import io.proxykeys.harness.Postgres;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.UUID;

/** How a hold is settled. The others are mistakes that look right, to show that they are found out. */
enum Settlement {
    RIGHT,
    /** The rest goes to the key, whether it is there or not. */
    TO_THE_KEY_THAT_IS_GONE,
    /** The row that is credited is waited for, and joined to the hold as that was before. */
    TWICE,
    /** Whether the key is there is looked up without a lock. */
    WITHOUT_LOCK;

    private static final String LIVES = "SELECT EXISTS (SELECT FROM proxy_key WHERE id = (SELECT key_id FROM credit_hold WHERE id = ?))";
    private static final String TO_KEY = """
            UPDATE proxy_key k SET used = k.used - (h.amount - ?) FROM credit_hold h
             WHERE h.id = ? AND h.settled IS NULL AND k.id = h.key_id""";
    private static final String TO_BALANCE = """
            UPDATE account a SET balance = a.balance + h.amount - ? FROM credit_hold h
             WHERE h.id = ? AND h.settled IS NULL AND a.id = h.account_id""";
    private static final String SETTLE = """
            UPDATE credit_hold SET settled = ?, settled_at = clock_timestamp() WHERE id = ? AND settled IS NULL""";

    /** Returns what is given back; fails with PK010 if the hold was settled at another cost. */
    BigDecimal settle(Connection connection, UUID hold, BigDecimal cost) throws SQLException {
        if (this == RIGHT) {
            return Postgres.one(connection, BigDecimal.class, "SELECT settle_hold(?, ?)", hold, cost);
        }
        BigDecimal settled = Postgres.one(connection, BigDecimal.class, "SELECT settled FROM credit_hold WHERE id = ?", hold);
        if (settled == null) {
            credit(connection, hold, cost);
        } else if (settled.compareTo(cost) != 0) {
            throw new SQLException("settled at another cost", "PK010");
        }
        return Postgres.one(connection, BigDecimal.class, "SELECT amount - ? FROM credit_hold WHERE id = ?", cost, hold);
    }

    private void credit(Connection connection, UUID hold, BigDecimal cost) throws SQLException {
        boolean toKey = this == TO_THE_KEY_THAT_IS_GONE
                || (this == WITHOUT_LOCK && Postgres.one(connection, Boolean.class, LIVES, hold));
        int credited = toKey || this == TWICE ? update(connection, TO_KEY, cost, hold) : 0;
        if (!toKey && credited == 0) {
            update(connection, TO_BALANCE, cost, hold);
        }
        // Whoever was faster has credited it; but one that joins the old hold does not notice.
        if (update(connection, SETTLE, cost, hold) == 0 && this != TWICE) {
            throw new SQLException("another caller was faster: rolled back", "PK001");
        }
    }

    private static int update(Connection connection, String sql, BigDecimal cost, UUID hold) throws SQLException {
        try (PreparedStatement statement = Postgres.prepare(connection, sql, cost, hold)) {
            return statement.executeUpdate();
        }
    }
}
