package io.proxykeys.conservation;

import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** Compares what the database says of accounts that nobody uses any more with itself, and with what their clients saw. */
final class Audit {

    private final Books books;
    private final Ledger ledger;
    private final List<String> violations;
    private final Map<String, Spent> keys;

    /**
     * @param used as it was in the end
     * @param onHold what of that was on hold
     * @param settled what its calls cost whose holds were settled before
     */
    private record Spent(String gone, BigDecimal used, BigDecimal onHold, BigDecimal settled) {

        BigDecimal spent() {
            return used.subtract(onHold).subtract(settled);
        }
    }

    private Audit(Books books) throws SQLException {
        this.books = books;
        this.ledger = books.ledger;
        this.violations = books.violations;
        this.keys = keys();
    }

    /** What is wrong; empty: nothing. */
    static List<String> of(Connection connection, Ledger ledger) throws SQLException {
        Books books = new Books(connection, ledger);
        Audit audit = new Audit(books);
        audit.money();
        audit.holds();
        audit.receipts();
        audit.recreations();
        audit.survivors();
        audit.victims();
        audit.versions();
        audit.answers();
        audit.spends();
        new SuspensionAudit(books).carryOut();
        new SecretAudit(books).carryOut();
        return books.violations;
    }

    private void money() throws SQLException {
        books.none("balance + allocated + on hold for deleted keys, and what those have really spent, is not what went in", """
                SELECT a.id, a.balance, i.amount, k.live, h.held, k.used - h.held_at_end + h.cost + l.late
                  FROM account a,
                       LATERAL (SELECT sum(amount) AS amount FROM top_up WHERE account_id = a.id) i,
                       LATERAL (SELECT coalesce(sum(allocated) FILTER (WHERE gone_at = 'infinity'), 0) AS live,
                                       coalesce(sum(used) FILTER (WHERE gone_at < 'infinity'), 0) AS used
                                  FROM every_key WHERE account_id = a.id) k,
                       LATERAL (SELECT coalesce(sum(amount) FILTER (WHERE settled IS NULL), 0) AS held,
                                       coalesce(sum(amount), 0) AS held_at_end, coalesce(sum(settled), 0) AS cost
                                  FROM every_hold WHERE account_id = a.id AND gone_at < 'infinity' AND open_at_end) h,
                       LATERAL (SELECT coalesce(sum(charged_to_balance), 0) AS late FROM every_hold WHERE account_id = a.id) l
                 WHERE a.id = ANY (?) AND a.balance + k.live + h.held + k.used - h.held_at_end + h.cost + l.late <> i.amount""");
        // All of it happens under the lock of the account, so the times are in the order of the changes.
        books.none("the balance of a receipt is not what it must have been then", """
                SELECT r.* FROM revocation r
                 WHERE r.account_id = ANY (?)
                   AND r.balance_after <> (SELECT sum(amount) FROM top_up t WHERE t.account_id = r.account_id AND t.at < r.revoked_at)
                     - (SELECT coalesce(sum(k.allocated), 0) FROM every_key k
                         WHERE k.account_id = r.account_id AND k.created_at < r.revoked_at)
                     + (SELECT coalesce(sum(c.amount), 0) FROM allocation_change c
                         WHERE c.account_id = r.account_id AND c.key_created_at < r.revoked_at AND c.at > r.revoked_at)
                     + (SELECT sum(e.credits_returned) FROM revocation e
                         WHERE e.account_id = r.account_id AND e.revoked_at <= r.revoked_at)
                     + (SELECT coalesce(sum(h.amount - h.settled), 0) FROM every_hold h
                         WHERE h.account_id = r.account_id AND h.gone_at < 'infinity' AND h.open_at_end
                           AND h.settled_at < r.revoked_at)
                     - (SELECT coalesce(sum(h.charged_to_balance), 0) FROM every_hold h
                         WHERE h.account_id = r.account_id AND h.late_at < r.revoked_at)""");
    }

    /** What a receipt says of holds, and what became of each that a client knows of. */
    private void holds() throws SQLException {
        books.none("a hold has no key", "SELECT * FROM every_hold h WHERE account_id = ANY (?) AND gone_at IS NULL");
        books.none("a receipt does not say what was on hold", """
                SELECT k.*, h.amount FROM revoked_key k JOIN revocation r ON r.id = k.revocation_id,
                       LATERAL (SELECT coalesce(sum(amount), 0) AS amount FROM every_hold WHERE key_id = k.id AND open_at_end) h
                 WHERE r.account_id = ANY (?) AND k.held <> h.amount""");
        books.none("a receipt does not say what was settled later", """
                SELECT r.*, h.amount FROM revocation r,
                       LATERAL (SELECT coalesce(sum(h.amount - h.settled - h.charged_to_balance), 0) AS amount FROM revoked_key k
                                  JOIN every_hold h ON h.key_id = k.id AND h.open_at_end WHERE k.revocation_id = r.id) h
                 WHERE r.account_id = ANY (?) AND r.credits_settled_later <> h.amount""");
        Map<UUID, Hold> known = new HashMap<>(ledger.holds);
        int others = 0;
        try (PreparedStatement statement = books.prepare("""
                SELECT id, amount, coalesce(late_cost, settled), charged_late FROM every_hold WHERE account_id = ANY (?)""");
                ResultSet rows = statement.executeQuery()) {
            while (rows.next()) {
                Hold hold = known.remove(rows.getObject(1, UUID.class));
                if (hold == null) {
                    others++;
                } else if (hold.amount.compareTo(rows.getBigDecimal(2)) != 0 || !hold.agreesWith(rows.getBigDecimal(3))
                        || !hold.agreesWithCharge(rows.getBigDecimal(4))) {
                    violations.add(hold + ": it was settled at " + rows.getBigDecimal(3) + " of " + rows.getBigDecimal(2)
                            + ", charged late "
                            + rows.getBigDecimal(4));
                }
            }
        }
        known.values().forEach(hold -> violations.add(hold + " is not there"));
        if (others > ledger.perhapsHolds.get()) {
            violations.add(others + " holds that nobody knows of");
        }
    }

    private void receipts() throws SQLException {
        books.none("a receipt does not agree with its keys", """
                SELECT r.*, k.* FROM revocation r,
                       LATERAL (SELECT count(*) AS keys, coalesce(sum(allocated - used), 0) AS unused, max(last_used) AS last_used
                                  FROM revoked_key WHERE revocation_id = r.id) k
                 WHERE r.account_id = ANY (?)
                   AND (k.keys <> r.keys_deleted OR k.unused <> r.credits_returned OR k.last_used > r.revoked_at)""");
        books.none("a key is there twice, alive or dead",
                "SELECT id, count(*) FROM every_key WHERE account_id = ANY (?) GROUP BY id HAVING count(*) > 1");
    }

    /** Each deleted key is recreated once, with what it had left, and every recreation that was confirmed is there. */
    private void recreations() throws SQLException {
        books.none("a key was recreated with something else than what it had left", """
                SELECT r.*, k.id, k.allocated, c.amount FROM revoked_key r JOIN revocation d ON d.id = r.revocation_id
                  LEFT JOIN every_key k ON k.id = r.recreated_as,
                       LATERAL (SELECT coalesce(sum(amount), 0) AS amount FROM allocation_change WHERE key_id = k.id) c
                 WHERE d.account_id = ANY (?) AND r.recreated_as IS NOT NULL
                   AND (k.id IS NULL OR k.account_id <> d.account_id OR k.allocated - c.amount <> r.allocated - r.used
                        OR k.created_at < d.revoked_at)""");
        books.none("two keys were recreated as one", """
                SELECT r.recreated_as FROM revoked_key r JOIN revocation d ON d.id = r.revocation_id
                 WHERE d.account_id = ANY (?) AND r.recreated_as IS NOT NULL GROUP BY r.recreated_as HAVING count(*) > 1""");
        Map<String, String> confirmed = new HashMap<>(ledger.replaced);
        try (PreparedStatement statement = books.prepare("""
                SELECT r.id, r.recreated_as FROM revoked_key r JOIN revocation d ON d.id = r.revocation_id
                 WHERE d.account_id = ANY (?) AND r.recreated_as IS NOT NULL"""); ResultSet rows = statement.executeQuery()) {
            while (rows.next()) {
                String id = confirmed.remove(rows.getString(1));
                if (id != null && !id.equals(rows.getString(2))) {
                    violations.add("key " + rows.getString(1) + " was recreated as " + rows.getString(2) + ", and the caller was told "
                            + id);
                }
            }
        }
        confirmed.forEach((old, id) -> violations.add("key " + old + " was not recreated, and the caller was told " + id));
    }

    private void survivors() throws SQLException {
        books.none("a key that was created before everything was deleted survived it", """
                SELECT r.id, k.* FROM revocation r
                  JOIN every_key k ON k.account_id = r.account_id AND k.created_at < r.revoked_at AND k.gone_at > r.revoked_at
                 WHERE r.account_id = ANY (?) AND k.name SIMILAR TO '(c|ek-)%' AND r.operation = 'all'
                   AND (r.trigger = 'request' OR k.created_at <= r.reason::timestamptz)""");
    }

    /** Nothing goes that was not asked for. */
    private void victims() throws SQLException {
        books.none("a key went that was not to go", """
                SELECT r.operation, r.trigger, k.* FROM revocation r JOIN revoked_key k ON k.revocation_id = r.id
                 WHERE r.account_id = ANY (?)
                   AND NOT CASE WHEN r.trigger = 'alert' AND r.operation = 'one' THEN r.keys_deleted = 1 AND r.reported_by IN (k.name, k.id)
                                WHEN r.trigger = 'alert' THEN k.created_at <= r.reason::timestamptz OR r.reported_by IN (k.name, k.id)
                                WHEN r.operation = 'expired' THEN coalesce(k.expires_at <= r.revoked_at, false)
                                WHEN r.operation = 'inactive' THEN NOT k.is_active AND k.suspended_by IS NULL
                                WHEN r.operation = 'suspended' THEN k.suspended_by IS NOT NULL
                                WHEN r.operation = 'prefix' THEN starts_with(k.name, r.name_prefix)
                                WHEN r.operation = 'never_used' THEN k.used = 0
                                WHEN r.operation IN ('one', 'several') THEN EXISTS (
                                    SELECT FROM named n WHERE n.order_name = r.dedupe_key AND n.name IN (k.name, k.id))
                                ELSE true END""");
    }

    private void versions() throws SQLException {
        books.none("keys changed, and the version did not rise by one, or it rose for nothing", """
                SELECT coalesce(c.transaction_id, v.transaction_id), v.rises, v.rise
                  FROM (SELECT transaction_id FROM key_journal WHERE account_id = ANY (?)
                        UNION SELECT transaction_id FROM allocation_change WHERE account_id = ANY (?)
                        UNION SELECT transaction_id FROM revocation WHERE account_id = ANY (?) AND keys_deleted > 0) c
                  FULL JOIN (SELECT transaction_id, count(*) AS rises, sum(rise) AS rise FROM version_change
                              WHERE account_id = ANY (?) GROUP BY transaction_id) v USING (transaction_id)
                 WHERE (v.rises, v.rise) IS DISTINCT FROM (1, 1)""");
        try (PreparedStatement statement = books.prepare("""
                SELECT a.id, a.keys_version
                       - (SELECT count(*) FROM revocation r
                           WHERE r.account_id = a.id AND (r.keys_deleted > 0 OR r.operation = 'old_secret'))
                       - (SELECT count(*) FROM suspension s WHERE s.account_id = a.id AND s.keys_suspended > 0)
                  FROM account a WHERE a.id = ANY (?)"""); ResultSet rows = statement.executeQuery()) {
            while (rows.next()) {
                int least = ledger.changes.get(rows.getString(1)).get();
                int most = least + ledger.perhapsChanges.get(rows.getString(1)).get();
                if (rows.getInt(2) < least || rows.getInt(2) > most) {
                    violations.add("keys_version tells of " + rows.getInt(2) + " other changes, and there were " + least + " to " + most);
                }
            }
        }
    }

    /** A receipt for each order that was confirmed, and none for one that was refused. */
    private void answers() throws SQLException {
        Map<String, Answer> receipts = new HashMap<>();
        Map<String, String> revokedAt = new HashMap<>();
        try (PreparedStatement statement = books.prepare("""
                SELECT coalesce(substr(url, %d), dedupe_key), id, keys_deleted, credits_returned, balance_after,
                       to_char(revoked_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
                  FROM (SELECT account_id, url, dedupe_key, id, keys_deleted, credits_returned, balance_after, revoked_at FROM revocation
                        UNION ALL SELECT account_id, url, dedupe_key, id, keys_suspended, null, null, suspended_at FROM suspension) done
                 WHERE account_id = ANY (?)""".formatted(Order.URL.length() + 1)); ResultSet rows = statement.executeQuery()) {
            while (rows.next()) {
                Answer receipt = rows.getBigDecimal(4) == null ? new Answer.Suspended(rows.getString(2), rows.getInt(3))
                        : new Answer.Done(rows.getString(2), rows.getInt(3), rows.getBigDecimal(4), rows.getBigDecimal(5));
                if (receipts.put(rows.getString(1), receipt) != null) {
                    violations.add("there are two receipts like " + receipt);
                }
                revokedAt.put(rows.getString(1), rows.getString(6));
            }
        }
        for (Ledger.Settled settled : ledger.orders) {
            Answer receipt = receipts.remove(settled.order().name());
            boolean confirmed = settled.answer() instanceof Answer.Done || settled.answer() instanceof Answer.Suspended;
            boolean agrees = confirmed ? settled.answer().equals(receipt) : receipt == null || settled.answer() instanceof Answer.Unknown;
            if (!agrees) {
                violations.add(settled + ", and its receipt is " + receipt);
            } else if (receipt instanceof Answer.Done && settled.order().kind() == Order.Kind.DELETE_ALL) {
                survivors(settled, revokedAt.get(settled.order().name()));
            }
        }
        receipts.values().forEach(receipt -> violations.add("nobody ordered " + receipt));
    }

    /** By the clients' clock: a key whose creation was confirmed before the moment of the receipt. */
    private void survivors(Ledger.Settled settled, String revokedAt) {
        Instant moment = Instant.parse(revokedAt);
        ledger.keys.values().stream()
                .filter(key -> key.account.equals(settled.order().account()) && key.wasCreatedBefore(moment))
                .filter(key -> keys.containsKey(key.name) && keys.get(key.name).gone.compareTo(revokedAt) > 0)
                .forEach(key -> violations.add("key " + key.name + " survived " + settled));
    }

    private void spends() {
        ledger.keys.values().forEach(key -> {
            if (key.wasCreatedBefore(Instant.MAX) && !keys.containsKey(key.name)) {
                violations.add("key " + key.name + " was created, and there is no trace of it");
            }
            BigDecimal spent = keys.containsKey(key.name) ? keys.get(key.name).spent() : BigDecimal.ZERO;
            if (spent.compareTo(key.spent()) < 0 || spent.compareTo(key.mostSpent()) > 0) {
                violations.add("key " + key.name + " has " + keys.get(key.name) + " used, and spent " + key.spent() + " to "
                        + key.mostSpent());
            }
        });
    }

    private Map<String, Spent> keys() throws SQLException {
        Map<String, Spent> keys = new HashMap<>();
        try (PreparedStatement statement = books.prepare("""
                SELECT name,
                       CASE WHEN gone_at = 'infinity' THEN 'never'
                            ELSE to_char(gone_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') END, used,
                       (SELECT coalesce(sum(amount), 0) FROM every_hold h WHERE h.key_id = k.id AND open_at_end),
                       (SELECT coalesce(sum(settled + charged_to_key), 0) FROM every_hold h WHERE h.key_id = k.id AND NOT open_at_end)
                  FROM every_key k WHERE account_id = ANY (?)"""); ResultSet rows = statement.executeQuery()) {
            while (rows.next()) {
                keys.put(rows.getString(1), new Spent(rows.getString(2), rows.getBigDecimal(3), rows.getBigDecimal(4), rows.getBigDecimal(
                        5)));
            }
        }
        return keys;
    }
}
