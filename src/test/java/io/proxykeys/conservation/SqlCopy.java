package io.proxykeys.conservation;

import io.proxykeys.harness.Postgres;
import io.proxykeys.key.Sha256;
import io.proxykeys.revocation.AlertRequest;
import io.proxykeys.revocation.LiveStatements;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.util.List;
import java.util.UUID;

/**
 * A copy of the function reduced to its statements, so that there are more of them at work than the tests can start on the
 * JVM; and the place to try out what happens if they are wrong.
 */
final class SqlCopy implements FunctionCopy, AutoCloseable {

    private final Session session;
    private final Deletion deletion;

    /** How all keys of an account are deleted. The others are mistakes that look right, to show that they are found out. */
    enum Deletion {
        RIGHT,
        /** The account is not locked. */
        WITHOUT_LOCK,
        /** The account is locked as an UPDATE does it, for which a key insert in flight does not wait. */
        WEAKER_LOCK,
        /** One statement locks and deletes; it sees the keys that there were before it waited. */
        SNAPSHOT_BEFORE_LOCK,
        /** What the keys have left is read before they are deleted. */
        SUM_BEFORE_DELETION
    }

    SqlCopy(Postgres server, String database, Deletion deletion) {
        this.session = new Session(server, database, deletion == Deletion.RIGHT ? Postgres.FUNCTION_USER : "postgres");
        this.deletion = deletion;
    }

    @Override
    public Answer carryOut(Order order) {
        // The same for each run of the transaction.
        UUID receipt = UUID.randomUUID();
        try {
            return session.transaction(0, connection -> carryOut(connection, order, receipt));
        } catch (Session.Failed failed) {
            if (deletion == Deletion.RIGHT && failed.state.equals("40P01")) {
                throw new AssertionError(order + " was in a deadlock", failed);
            }
            return failed.fateUnknown ? new Answer.Unknown() : new Answer.Unavailable();
        }
    }

    private Answer carryOut(Connection connection, Order order, UUID receipt) throws SQLException {
        if (order.kind() == Order.Kind.RELEASE) {
            Postgres.execute(connection, "SELECT release_expired_holds()");
            return new Answer.Released();
        }
        if (order.isAlertOfKey()) {
            return alertOfKey(connection, order, receipt);
        }
        boolean all = order.kind() == Order.Kind.DELETE_ALL && !order.suspends();
        if (all && deletion == Deletion.SNAPSHOT_BEFORE_LOCK) {
            return inOneStatement(connection, order, receipt);
        }
        if (all && deletion == Deletion.WITHOUT_LOCK) {
            // Without a number of the transaction, which comes with the lock, the next statement would be refused.
            Postgres.execute(connection, "SELECT pg_current_xact_id()");
        } else if (deletion == Deletion.WEAKER_LOCK) {
            Postgres.execute(connection, "SELECT id FROM account WHERE id = ? FOR NO KEY UPDATE", order.account());
        } else {
            LiveStatements.lock(connection, order.account());
        }
        switch (order.kind()) {
            case TOGGLE -> {
                return toggle(connection, order);
            }
            case RESUME -> {
                return new SqlSelections(connection, order, receipt).resume();
            }
            case CREATE, UPDATE, LOOKUP, RECREATE, ROTATE -> {
                return new SqlKeys(connection, order, receipt).carryOut();
            }
            default -> {
                // a deletion
            }
        }
        if (order.kind() == Order.Kind.ALERT) {
            return alert(connection, order, receipt, order.account(), null);
        } else if (order.suspends() || order.kind() == Order.Kind.SEVERAL || order.kind() == Order.Kind.PREFIX) {
            return new SqlSelections(connection, order, receipt).carryOut();
        }
        return all && deletion == Deletion.SUM_BEFORE_DELETION ? withSumBefore(connection, order, receipt)
                : revoke(connection, order, receipt);
    }

    private static Answer alertOfKey(Connection connection, Order order, UUID receipt) throws SQLException {
        try (PreparedStatement statement = Postgres.prepare(connection,
                "SELECT account_id, seen_key_id FROM lock_account_of_key(NULL, ?, ?, NULL)",
                order.secret().hash, order.kind() == Order.Kind.OWNER_ALERT); ResultSet row = statement.executeQuery()) {
            row.next();
            return alert(connection, order, receipt, row.getString(1), row.getString(2));
        }
    }

    private static Answer alert(Connection connection, Order order, UUID receipt, String owner, String seen) throws SQLException {
        boolean ofKey = order.isAlertOfKey();
        boolean wholeAccount = order.kind() != Order.Kind.KEY_ALERT;
        try (PreparedStatement statement = Postgres.prepare(connection, """
                SELECT outcome, receipt, keys, credits_returned, balance_after
                  FROM act_on_alert(receipt_id => ?, account_id => ?, seen_key_id => ?, key_id => NULL, secret_hash => ?,
                           stated_account => NULL, whole_account => ?, suspends => ?,
                           dedupe_key => ?, requested_by => 'proxy-keys.security',
                           reported_by => ?, reason => ?, url => ?, created_until => ?, block_seconds => 0)""",
                receipt, owner, seen, ofKey ? order.secret().hash : null, wholeAccount, order.suspends(),
                dedupeKey(order),
                ofKey ? order.secret().key.name : null, order.detectedAt().toString(), order.url(), Timestamp.from(order.detectedAt()));
                ResultSet row = statement.executeQuery()) {
            row.next();
            return switch (row.getString(1)) {
                case "done", "replayed" -> row.getBigDecimal(5) == null ? new Answer.Suspended(row.getString(2), row.getInt(3)) : done(row,
                        2);
                case "unknown", "ownerless" -> new Answer.Refused();
                default -> throw new AssertionError(order + ": " + row.getString(1));
            };
        }
    }

    /** As the function makes it of the same event. */
    private static String dedupeKey(Order order) {
        if (order.isAlertOfKey()) {
            return AlertRequest.dedupeKeyOfKeyAlert(order.name(), order.secret().key.name, order.kind() == Order.Kind.OWNER_ALERT, order
                    .suspends());
        }
        return order.suspends() ? Sha256.ofAll(List.of(order.name(), "", AlertRequest.SUSPENDS)) : order.name();
    }

    private static Answer toggle(Connection connection, Order order) throws SQLException {
        String outcome = Postgres.one(connection, String.class, "SELECT outcome FROM switch_proxy_key(?, NULL, ?, NULL, true)",
                order.account(), order.secret().hash);
        return outcome.equals("enabled") || outcome.equals("disabled") ? new Answer.Toggled() : new Answer.Refused();
    }

    private static Answer revoke(Connection connection, Order order, UUID receipt) throws SQLException {
        LiveStatements.Order parameters = LiveStatements.Order.ofAll(order.account()).withReceipt(receipt)
                .selecting(order.kind().operation).withTargetHash(order.secrets().isEmpty() ? null : order.secret().hash)
                .withDedupeKey(order.name());
        try (PreparedStatement statement = LiveStatements.prepare(connection, parameters); ResultSet row = statement.executeQuery()) {
            row.next();
            return switch (row.getString("outcome")) {
                case "revoked", "replayed" -> new Answer.Done(row.getString("receipt"), row.getInt("keys_deleted"),
                        row.getBigDecimal("credits_returned"), row.getBigDecimal("balance_after"));
                case "unknown" -> new Answer.Refused();
                default -> throw new AssertionError(order + ": " + row.getString("outcome"));
            };
        }
    }

    private static Answer inOneStatement(Connection connection, Order order, UUID receipt) throws SQLException {
        try (PreparedStatement statement = Postgres.prepare(connection, """
                WITH owner AS MATERIALIZED (SELECT id FROM account WHERE id = ? FOR UPDATE),
                gone AS (DELETE FROM proxy_key k USING owner WHERE k.account_id = owner.id RETURNING k.*),
                kept AS (INSERT INTO revoked_key SELECT ?, id, name, allocated, used, is_active, expires_at, model_whitelist,
                                ip_whitelist, created_at, last_used FROM gone RETURNING allocated - used AS unused),
                total AS (SELECT count(*)::int AS keys, coalesce(sum(unused), 0) AS credits FROM kept),
                paid AS (UPDATE account SET balance = balance + credits, keys_version = keys_version + (keys > 0)::int
                           FROM total WHERE id = ? RETURNING balance)
                INSERT INTO revocation (id, account_id, trigger, operation, dedupe_key, keys_deleted, credits_returned,
                                        balance_after, revoked_at)
                SELECT ?, ?, 'request', 'all', ?, keys, credits, balance, clock_timestamp() FROM total, paid
                RETURNING id, keys_deleted, credits_returned, balance_after""",
                order.account(), receipt, order.account(), receipt, order.account(), order.name());
                ResultSet row = statement.executeQuery()) {
            row.next();
            return done(row, 1);
        }
    }

    private static Answer withSumBefore(Connection connection, Order order, UUID receipt) throws SQLException {
        BigDecimal before = Postgres.one(connection, BigDecimal.class,
                "SELECT coalesce(sum(allocated - used), 0) FROM proxy_key WHERE account_id = ?", order.account());
        Session.pause(1);
        Answer.Done answer = (Answer.Done) revoke(connection, order, receipt);
        Postgres.execute(connection, "UPDATE account SET balance = balance + ? WHERE id = ?",
                before.subtract(answer.creditsReturned()), order.account());
        return answer;
    }

    private static Answer.Done done(ResultSet row, int first) throws SQLException {
        return new Answer.Done(row.getString(first), row.getInt(first + 1), row.getBigDecimal(first + 2), row.getBigDecimal(first + 3));
    }

    @Override
    public void close() {
        session.close();
    }
}
