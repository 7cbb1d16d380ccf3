package io.proxykeys.hold;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.proxykeys.harness.Accounts;
import io.proxykeys.harness.Postgres;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** {@code purge_receipts()}, and {@code purge.sql}, which calls it. */
class PurgeTest {

    private final Postgres database = Postgres.shared();
    private final String account = Accounts.open("100");

    @Test
    void settledHoldsGoAfter90DaysAndOpenOnesNever() {
        Accounts.createKey(account, "key", "10");
        UUID old = Accounts.hold(account, "key", "1");
        Accounts.settle(old, "0.5");
        UUID young = Accounts.hold(account, "key", "1");
        Accounts.settle(young, "0.5");
        UUID open = Accounts.hold(account, "key", "1");
        database.execute("UPDATE credit_hold SET settled_at = now() - interval '91 days' WHERE id = ?", old);
        database.execute("UPDATE credit_hold SET expires_at = now() - interval '91 days' WHERE id = ?", open);
        database.execute("UPDATE credit_hold SET settled_at = now() - interval '89 days' WHERE id = ?", young);

        purge();

        assertEquals(2L, database.one(Long.class, "SELECT count(*) FROM credit_hold WHERE account_id = ?", account));
        HoldTest.refused("PK009", () -> Accounts.settle(old, "0.5"));
        assertEquals(new BigDecimal("1.000000"), Accounts.settle(open, "0"));
    }

    @Test
    void receiptsGoWithTheirKeysInBatchesAndTheOldestFirst() throws Exception {
        makeReceipts(25, 1_000);

        try (Connection function = function()) {
            int first = Postgres.one(function, Integer.class, "SELECT purge_receipts()");
            assertEquals(10, first, "10 receipts of 1,000 keys");
            assertEquals(15_000L, keys());
            assertEquals(List.of("15|103 days|"), database.rows("""
                    SELECT count(*), max(date_trunc('day', now() - revoked_at + interval '1 hour')) FROM revocation WHERE account_id = ?""",
                    account));
        }
        purge();

        assertEquals(0, Accounts.receipts(account));
        assertEquals(0L, keys());
    }

    @Test
    void aReceiptThatIsLargerThanABatchGoesInBatchesAndLast() throws Exception {
        makeReceipts(1, 25_000);
        try (Connection function = function()) {
            for (long left : List.of(15_000L, 5_000L)) {
                assertEquals(1, Postgres.one(function, Integer.class, "SELECT purge_receipts()"), "there is more to do");
                assertEquals(left, keys());
                assertEquals(1, Accounts.receipts(account));
            }
            assertEquals(1, Postgres.one(function, Integer.class, "SELECT purge_receipts()"));
        }
        assertEquals(0, Accounts.receipts(account));
        assertEquals(0L, keys());
    }

    @Test
    void aReceiptThatIsBusyIsLeftToTheNextRun() throws Exception {
        makeReceipts(2, 1);
        try (Connection busy = database.connect(); Connection function = function()) {
            busy.setAutoCommit(false);
            Postgres.execute(busy, "SELECT FROM revocation WHERE account_id = ? ORDER BY revoked_at LIMIT 1 FOR UPDATE", account);
            Postgres.execute(function, "SET lock_timeout = 1");
            Postgres.execute(function, Files.readString(Path.of("src/main/resources/db/purge.sql")));
            assertEquals(1, Accounts.receipts(account));
        }
        purge();
        assertEquals(0, Accounts.receipts(account));
    }

    private long keys() {
        return database.one(Long.class, """
                SELECT count(*) FROM revoked_key k WHERE k.name = ?""", account.substring(0, 25));
    }

    /** The first one 100 days old, each one a quarter of a day older than the one before. */
    private void makeReceipts(int receipts, int keys) {
        database.execute("""
                WITH made AS (
                    INSERT INTO revocation (id, account_id, trigger, operation, keys_deleted, credits_returned, balance_after, revoked_at)
                    SELECT gen_random_uuid(), ?, 'request', 'all', ?, 0, 0, now() - interval '100 days' - n * interval '6 hours'
                      FROM generate_series(0, ? - 1) n
                    RETURNING id)
                INSERT INTO revoked_key (revocation_id, id, name, allocated, used, is_active, model_whitelist, ip_whitelist, created_at)
                SELECT made.id, gen_random_uuid()::text, ?, 0, 0, true, '{}', '{}', now() FROM made, generate_series(1, ?)""",
                account, keys, receipts, account.substring(0, 25), keys);
    }

    private Connection function() {
        return database.connect("postgres", Postgres.FUNCTION_USER, Postgres.PASSWORD);
    }

    /** By the file that is documented, as the function's role. */
    private void purge() {
        try (Connection function = function()) {
            Postgres.execute(function, Files.readString(Path.of("src/main/resources/db/purge.sql")));
        } catch (SQLException | IOException e) {
            throw new IllegalStateException(e);
        }
    }
}
