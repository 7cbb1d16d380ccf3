package io.proxykeys.conservation;

import java.sql.SQLException;

/** What holds for the secrets of keys, which rotations replace, and for the keys that are named by them. */
final class SecretAudit {

    private final Books books;

    SecretAudit(Books books) {
        this.books = books;
    }

    void carryOut() throws SQLException {
        uses();
        rotations();
        books.none("a key survived the deletion that named it",
                """
                SELECT r.id, k.id, k.gone_at, r.revoked_at FROM named n
                  JOIN revocation r ON r.dedupe_key = n.order_name AND r.account_id = n.account_id AND r.trigger = 'request'
                  JOIN every_key k ON k.name = n.name AND k.account_id = n.account_id
                  LEFT JOIN secret_end e ON e.key_id = k.id AND e.hash = n.hash
                 WHERE k.account_id = ANY (?) AND n.certain AND least(e.ended, k.gone_at) > r.revoked_at""");
    }

    private void uses() throws SQLException {
        books.none("a secret worked that had ended", """
                SELECT u.*, k.id, e.ended, k.gone_at FROM used u JOIN every_key k ON k.name = u.name AND k.account_id = u.account_id
                  LEFT JOIN secret_end e ON e.key_id = k.id AND e.hash = u.hash
                 WHERE k.account_id = ANY (?) AND NOT u.refused AND least(e.ended, k.gone_at) < u.began""");
        books.none("a secret was unknown while it had to work", """
                SELECT u.*, k.id, e.ended, k.gone_at FROM used u JOIN every_key k ON k.name = u.name AND k.account_id = u.account_id
                  LEFT JOIN secret_end e ON e.key_id = k.id AND e.hash = u.hash
                 WHERE k.account_id = ANY (?) AND u.refused AND u.ended < least(e.ended, k.gone_at)""");
    }

    private void rotations() throws SQLException {
        books.none("a live key's secret is burnt", """
                SELECT k.id FROM proxy_key k JOIN burnt_secret b ON b.secret_hash = k.secret_hash WHERE k.account_id = ANY (?)""");
        books.none("a secret that was replaced is not burnt",
                """
                SELECT c.key_id, c.at FROM key_journal c LEFT JOIN burnt_secret b ON b.secret_hash = (c.before).secret_hash
                 WHERE c.account_id = ANY (?) AND (c.before).secret_hash <> (c.after).secret_hash
                   AND b.key_id IS DISTINCT FROM c.key_id""");
        // Null: no secret before the new one works. Else the one that worked already, until then; or if there was none, the last one.
        books.none("a change of a key's secrets is none that there can be", """
                SELECT c.* FROM key_journal c
                 WHERE c.account_id = ANY (?)
                   AND (c.after).previous_secret_hash IS NOT NULL
                   AND ((c.after).previous_secret_hash, (c.after).previous_valid_until)
                       IS DISTINCT FROM ((c.before).previous_secret_hash, (c.before).previous_valid_until)
                   AND ((c.before).secret_hash = (c.after).secret_hash
                        OR (c.after).previous_secret_hash <> (c.before).secret_hash
                        OR (c.before).previous_valid_until > c.at)""");
        books.none("a rotation changed more than the secret", """
                SELECT c.* FROM key_journal c
                 WHERE c.account_id = ANY (?) AND (c.before).secret_hash <> (c.after).secret_hash
                   AND to_jsonb(c.before) - '{secret_hash,previous_secret_hash,previous_valid_until,rotated_at}'::text[]
                       <> to_jsonb(c.after) - '{secret_hash,previous_secret_hash,previous_valid_until,rotated_at}'::text[]""");
        books.none("a caller was told a secret that the key never had", """
                SELECT t.* FROM told t
                 WHERE t.account_id = ANY (?)
                   AND NOT EXISTS (SELECT FROM every_key k JOIN key_journal c ON c.key_id = k.id
                                    WHERE k.name = t.name AND (c.after).secret_hash = t.hash)""");
    }
}
