package io.proxykeys.conservation;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.concurrent.atomic.AtomicInteger;

/** What holds for suspensions: which keys they take, that these do not work, and which keys work again when they end. */
final class SuspensionAudit {

    private final Books books;

    SuspensionAudit(Books books) {
        this.books = books;
    }

    void carryOut() throws SQLException {
        books.none("a key worked while it was disabled", """
                SELECT u.*, k.id, c.at FROM used u JOIN every_key k ON k.name = u.name AND k.account_id = u.account_id
                  JOIN key_journal c ON c.key_id = k.id AND c.account_id = k.account_id AND NOT (c.after).is_active AND c.at < u.began
                 WHERE k.account_id = ANY (?) AND NOT u.refused
                   AND NOT EXISTS (SELECT FROM key_journal a WHERE a.key_id = k.id AND a.account_id = k.account_id
                                                              AND a.at > c.at AND a.at < u.ended AND (a.after).is_active)""");
        taken();
        ended();
        confirmed();
    }

    private void taken() throws SQLException {
        books.none("a suspension does not say how many keys it took", """
                SELECT s.*, c.keys FROM suspension s,
                       LATERAL (SELECT count(*) AS keys FROM key_journal c
                                 WHERE c.account_id = s.account_id AND (c.after).suspended_by = s.id
                                   AND (c.before).suspended_by IS DISTINCT FROM s.id) c
                 WHERE s.account_id = ANY (?) AND s.keys_suspended <> c.keys""");
        books.none("a suspension took a key that was not to be taken", """
                SELECT s.*, c.* FROM key_journal c LEFT JOIN suspension s ON s.id = (c.after).suspended_by
                                  LEFT JOIN suspension b ON b.id = (c.before).suspended_by
                 WHERE c.account_id = ANY (?)
                   AND (c.after).suspended_by IS NOT NULL AND (c.before).suspended_by IS DISTINCT FROM (c.after).suspended_by
                   AND NOT coalesce(s.transaction_id = c.transaction_id AND NOT (c.after).is_active
                       AND ((c.before).is_active OR b.trigger = 'request' OR (b.trigger = 'alert' AND s.trigger = 'alert'))
                       AND CASE WHEN s.trigger = 'alert' AND s.reported_by IN ((c.before).name, c.key_id) THEN true
                                WHEN s.trigger = 'alert' THEN s.operation = 'all' AND (c.before).created_at <= s.reason::timestamptz
                                WHEN s.operation = 'expired' THEN (c.before).expires_at <= s.suspended_at
                                WHEN s.operation = 'suspended' THEN b.id IS NOT NULL
                                WHEN s.operation = 'never_used' THEN (c.before).used = 0
                                WHEN s.operation = 'prefix' THEN starts_with((c.before).name, s.name_prefix)
                                WHEN s.operation = 'several' THEN EXISTS (
                                    SELECT FROM named n WHERE n.order_name = s.dedupe_key AND n.name IN ((c.before).name, c.key_id))
                                ELSE s.operation = 'all' END, false)""");
        // Its state is that of its last change before, or what its next change or its end found.
        books.none("a key that was created before everything was suspended stayed active", """
                SELECT s.id, k.* FROM suspension s JOIN every_key k
                    ON k.account_id = s.account_id AND k.created_at < s.suspended_at AND k.gone_at > s.suspended_at
                 WHERE s.account_id = ANY (?) AND k.name SIMILAR TO '(c|ek-)%' AND s.operation = 'all'
                   AND (s.trigger = 'request' OR k.created_at <= s.reason::timestamptz)
                   AND coalesce((SELECT (c.after).is_active FROM key_journal c
                                  WHERE c.key_id = k.id AND c.account_id = k.account_id AND c.at < s.suspended_at
                                  ORDER BY c.at DESC LIMIT 1),
                                (SELECT (c.before).is_active FROM key_journal c
                                  WHERE c.key_id = k.id AND c.account_id = k.account_id AND c.at > s.suspended_at ORDER BY c.at LIMIT 1),
                                k.is_active)""");
    }

    /** A key that leaves its suspension does so by a resumption of it, by another suspension, or by hand. */
    private void ended() throws SQLException {
        books.none("a key is active and suspended",
                """
                SELECT c.* FROM key_journal c
                 WHERE c.account_id = ANY (?) AND (c.after).is_active AND (c.after).suspended_by IS NOT NULL""");
        books.none("a resumption does not say which keys it enabled", """
                SELECT r.*, c.* FROM resumption r,
                       LATERAL (SELECT count(*) AS keys, bool_and((c.after).is_active AND NOT (c.before).is_active
                                       AND (c.before).suspended_by = r.suspension_id AND (c.after).suspended_by IS NULL) AS right
                                  FROM key_journal c WHERE c.account_id = r.account_id AND c.transaction_id = r.transaction_id) c
                 WHERE r.account_id = ANY (?) AND (c.keys <> r.keys OR NOT coalesce(c.right, false))""");
        books.none("a suspension does not say how many keys were enabled", """
                SELECT s.*, r.keys FROM suspension s,
                       LATERAL (SELECT coalesce(sum(keys), 0) AS keys FROM resumption WHERE suspension_id = s.id) r
                 WHERE s.account_id = ANY (?) AND s.keys_resumed <> r.keys""");
    }

    private void confirmed() throws SQLException {
        try (PreparedStatement statement = books.prepare("SELECT id, keys_resumed FROM suspension WHERE account_id = ANY (?)");
                ResultSet rows = statement.executeQuery()) {
            while (rows.next()) {
                AtomicInteger told = books.ledger.resumed.getOrDefault(rows.getString(1), new AtomicInteger());
                if (rows.getInt(2) < told.get()) {
                    books.violations.add("callers were told that " + told + " keys of suspension " + rows.getString(1)
                            + " are enabled again, and it says " + rows.getInt(2));
                }
            }
        }
    }
}
