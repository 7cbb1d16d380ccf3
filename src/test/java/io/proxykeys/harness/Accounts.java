package io.proxykeys.harness;

import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.UUID;

/** Accounts and keys, made through the database functions that everybody uses. */
public final class Accounts {

    private static final Postgres DATABASE = Postgres.shared();

    private Accounts() {
    }

    /** A new account with this balance. */
    public static String open(String balance) {
        String id = "account-" + UUID.randomUUID();
        DATABASE.execute("INSERT INTO account (id, balance) VALUES (?, ?)", id, new BigDecimal(balance));
        return id;
    }

    /** An account with this id, for tests of tokens that name it. */
    public static void openIfMissing(String id) {
        DATABASE.execute("INSERT INTO account (id, balance) VALUES (?, 0) ON CONFLICT DO NOTHING", id);
    }

    /** Moves credits into a new key whose secret is {@link #secret}. */
    public static String createKey(String account, String name, String allocated) {
        return DATABASE.one(String.class, """
                SELECT create_proxy_key(?, ?, sha256(?::bytea), ?, NULL, '{large,small}', '{10.0.0.0/8}')""",
                account, name, secret(account, name), new BigDecimal(allocated));
    }

    /** Inserts a key as a creator does who does not use {@code create_proxy_key}, and leaves the transaction open. One for an account. */
    public static void insertKey(Connection creator, String account, String allocated) throws SQLException {
        creator.setAutoCommit(false);
        Postgres.execute(creator, """
                INSERT INTO proxy_key (id, account_id, name, secret_hash, allocated)
                VALUES ('ek-proxy-in-flight-' || ?, ?, 'in flight', sha256(?::bytea), ?::numeric)""", account, account, account, allocated);
    }

    public static String secret(String account, String name) {
        return "ek-proxy-" + account + "-" + name;
    }

    /** Spends credits of a key; returns what it has left. */
    public static BigDecimal spend(String account, String name, String cost) {
        try (Connection connection = DATABASE.connect()) {
            return spend(connection, account, name, cost);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    public static BigDecimal spend(Connection connection, String account, String name, String cost) throws SQLException {
        return Postgres.one(connection, BigDecimal.class, "SELECT spend_credits(sha256(?::bytea), ?)",
                secret(account, name), new BigDecimal(cost));
    }

    /** Sets credits of a key aside for ten minutes; returns the hold. */
    public static UUID hold(String account, String name, String amount) {
        try (Connection connection = DATABASE.connect()) {
            return hold(connection, account, name, amount);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    public static UUID hold(Connection connection, String account, String name, String amount) throws SQLException {
        return Postgres.one(connection, UUID.class, "SELECT hold_id FROM hold_credits(sha256(?::bytea), ?, 600)",
                secret(account, name), new BigDecimal(amount));
    }

    /** Says what the call of a hold cost; returns what was given back. */
    public static BigDecimal settle(UUID hold, String cost) {
        return DATABASE.one(BigDecimal.class, "SELECT settle_hold(?, ?)", hold, new BigDecimal(cost));
    }

    public static BigDecimal settle(Connection connection, UUID hold, String cost) throws SQLException {
        return Postgres.one(connection, BigDecimal.class, "SELECT settle_hold(?, ?)", hold, new BigDecimal(cost));
    }

    /** Lets the time of an account's holds be over. */
    public static void expireHolds(String account) {
        DATABASE.execute("UPDATE credit_hold SET expires_at = clock_timestamp() WHERE account_id = ? AND settled IS NULL", account);
    }

    /** What is used of the account's only key of this name. */
    public static BigDecimal used(String account, String name) {
        return DATABASE.one(BigDecimal.class, "SELECT used FROM proxy_key WHERE account_id = ? AND name = ?", account, name);
    }

    /** balance + what live keys have left + what is on hold: falls by exactly the cost of each call, and never else. */
    public static BigDecimal unspent(String account) {
        return DATABASE.one(BigDecimal.class, """
                SELECT balance + coalesce((SELECT sum(allocated - used) FROM proxy_key WHERE account_id = account.id), 0)
                       + coalesce((SELECT sum(amount) FROM credit_hold WHERE account_id = account.id AND settled IS NULL), 0)
                  FROM account WHERE id = ?""", account);
    }

    /** Five keys, one of each kind: partly used, unused, expired, disabled, fully used. 250 allocated, 75.5 of it spent. */
    public static List<String> createFiveKeys(String account) {
        List<String> ids = List.of(
                createKey(account, "partly used", "100"),
                createKey(account, "unused", "50"),
                createKey(account, "expired", "40"),
                createKey(account, "disabled", "30"),
                createKey(account, "fully used", "30"));
        spend(account, "partly used", "45.5");
        spend(account, "fully used", "30");
        DATABASE.execute("UPDATE proxy_key SET expires_at = now() - interval '1 day' WHERE id = ?", ids.get(2));
        DATABASE.execute("UPDATE proxy_key SET is_active = false WHERE id = ?", ids.get(3));
        return ids;
    }

    /** Two keys whose optional columns hold what the schema lets through, and no person would write. */
    public static void createOddKeys(String account) {
        DATABASE.execute("""
                INSERT INTO proxy_key (id, account_id, name, secret_hash, allocated, expires_at, model_whitelist, ip_whitelist,
                                       created_at, last_used)
                VALUES ('odd-' || ?, ?, NULL, sha256(?::bytea), 0, NULL, ARRAY[NULL, 'a"b\\', E'\\u2028 \\n'], '{a,b,c,d}',
                        '0001-01-01 00:00:00+00', '0001-01-01 00:00:00+00'),
                       ('ödd-' || ?, ?, E'\\t"\\\\', sha256((? || '2')::bytea), 1, '0001-01-01 00:00:00+00', '{}', '{}',
                        '9999-12-31 23:59:59.999999+00', '9999-12-31 23:59:59.999999+00')""", account, account, account, account, account,
                account);
    }

    /** Uses up one of the account's limits ({@code rate_limit.bucket}) for so many seconds from now. */
    public static void payInAdvance(String account, String bucket, int seconds) {
        DATABASE.execute("""
                INSERT INTO rate_limit (account_id, bucket, paid_until) VALUES (?, ?, clock_timestamp() + ? * interval '1 second')
                ON CONFLICT (account_id, bucket) DO UPDATE SET paid_until = excluded.paid_until""", account, bucket, seconds);
    }

    /** Blocks new keys for so many seconds, as an alert does. */
    public static void block(String account, int seconds) {
        DATABASE.execute("UPDATE account SET new_keys_blocked_until = clock_timestamp() + ? * interval '1 second' WHERE id = ?", seconds,
                account);
    }

    public static BigDecimal balance(String account) {
        return DATABASE.one(BigDecimal.class, "SELECT balance FROM account WHERE id = ?", account);
    }

    public static long keys(String account) {
        return DATABASE.one(Long.class, "SELECT count(*) FROM proxy_key WHERE account_id = ?", account);
    }

    public static long receipts(String account) {
        return DATABASE.one(Long.class, "SELECT count(*) FROM revocation WHERE account_id = ?", account);
    }

    /** balance + allocated to live keys + on hold for deleted ones: changes only by what was spent or topped up. */
    public static BigDecimal total(String account) {
        return DATABASE.one(BigDecimal.class, """
                SELECT balance + coalesce((SELECT sum(allocated) FROM proxy_key WHERE account_id = account.id), 0)
                       + coalesce((SELECT sum(amount) FROM credit_hold h WHERE h.account_id = account.id AND h.settled IS NULL
                                      AND NOT EXISTS (SELECT FROM proxy_key k WHERE k.id = h.key_id)), 0)
                  FROM account WHERE id = ?""", account);
    }

    /** Everything the database knows of an account, as text. */
    public static List<String> everything(String account) {
        List<String> all = new java.util.ArrayList<>(DATABASE.rows("SELECT * FROM account WHERE id = ?", account));
        all.addAll(DATABASE.rows("SELECT * FROM proxy_key WHERE account_id = ? ORDER BY id", account));
        all.addAll(DATABASE.rows("SELECT * FROM revocation WHERE account_id = ? ORDER BY id", account));
        all.addAll(DATABASE.rows("""
                SELECT k.* FROM revoked_key k JOIN revocation r ON r.id = k.revocation_id WHERE r.account_id = ?
                 ORDER BY k.revocation_id, k.id""", account));
        all.addAll(DATABASE.rows("SELECT * FROM suspension WHERE account_id = ? ORDER BY id", account));
        all.addAll(DATABASE.rows("SELECT * FROM burnt_secret WHERE account_id = ? ORDER BY secret_hash", account));
        all.addAll(DATABASE.rows("SELECT * FROM credit_hold WHERE account_id = ? ORDER BY id", account));
        all.addAll(DATABASE.rows("SELECT * FROM rate_limit WHERE account_id = ? ORDER BY bucket", account));
        return all;
    }
}
