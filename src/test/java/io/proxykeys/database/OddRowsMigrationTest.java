package io.proxykeys.database;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.proxykeys.harness.Postgres;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** The migrations V5 to V7, on tables with rows that they have to clean. */
class OddRowsMigrationTest {

    private static final String INSERT_KEY = """
            INSERT INTO proxy_key (id, account_id, secret_hash, allocated, expires_at, last_used, model_whitelist, ip_whitelist, created_at)
            VALUES (?, 'a', sha256(?::bytea), 1, ?::timestamptz, ?::timestamptz, ?::text[], ?::text[], '2026-01-01 00:00:00+00')""";
    private static final String INSERT_DELETED_KEY = """
            INSERT INTO revoked_key (revocation_id, id, allocated, used, is_active, expires_at, last_used, model_whitelist,
                                     ip_whitelist, created_at)
            VALUES ('00000000-0000-7000-8000-000000000000', ?, 1, 0, true, ?::timestamptz, ?::timestamptz, ?::text[], ?::text[],
                    ?::timestamptz)""";
    private static final String INSERT_RECEIPT = """
            INSERT INTO revocation (id, account_id, trigger, operation, keys_deleted, credits_returned, balance_after, revoked_at)
            VALUES (gen_random_uuid(), 'a', 'request', 'all', 0, 0, 0, ?::timestamptz)""";
    private static final String YEAR_1 = "0001-01-01 00:00:00+00";
    private static final String YEAR_9999 = "9999-12-31 23:59:59.999999+00";

    private final Postgres server = Postgres.shared();

    @Test
    void oddRowsAreCleanedAndMeanWhatTheyMeant() throws Exception {
        try (Connection owner = atVersion4("odd_rows")) {
            key(owner, "endless", "infinity", "infinity", "{{a,b},{c,NULL}}", "{{{x}},{{y}}}");
            key(owner, "far", "294276-12-31 23:59:59+00", "10000-01-01 00:00:00+00", "{}", "{}");
            key(owner, "long gone", "-infinity", "-infinity", "{a}", "{{x}}");
            key(owner, "gone", "0044-03-15 12:00:00+00 BC", "0044-03-15 12:00:00+00 BC", "{{a}}", "{x}");
            key(owner, "usual", "2027-01-01 00:00:00+00", "2026-06-01 00:00:00+00", "{a,NULL,b}", "{}");
            key(owner, "edges", YEAR_9999, YEAR_1, "{}", "{}");
            key(owner, "none", null, null, "{}", "{}");
            deletedKey(owner, "endless", "infinity", "infinity", "{{a,b},{c,NULL}}", "{{x}}", "infinity");
            deletedKey(owner, "long gone", "-infinity", "-infinity", "{}", "{}", "-infinity");
            deletedKey(owner, "none", null, null, "{a}", "{}", "2026-01-01 00:00:00+00");
            Postgres.execute(owner, INSERT_RECEIPT, "infinity");
            Postgres.execute(owner, INSERT_RECEIPT, "-infinity");
            Postgres.execute(owner, INSERT_RECEIPT, "2026-01-01 00:00:00+00");

            server.migrate("odd_rows", "5");
            key(owner, "came in between", "infinity", "-infinity", "{{a}}", "{}");
            deletedKey(owner, "came in between", "infinity", "-infinity", "{{a}}", "{}", YEAR_1);
            server.migrate("odd_rows", "7");

            assertEquals(List.of(
                    "came in between|null|null|{a}|{}",
                    "edges|" + YEAR_9999 + "|" + YEAR_1 + "|{}|{}",
                    "endless|null|null|{a,b,c,NULL}|{x,y}",
                    "far|" + YEAR_9999 + "|null|{}|{}",
                    "gone|" + YEAR_1 + "|null|{a}|{x}",
                    "long gone|" + YEAR_1 + "|null|{a}|{x}",
                    "none|null|null|{}|{}",
                    "usual|2027-01-01 00:00:00+00|2026-06-01 00:00:00+00|{a,NULL,b}|{}"),
                    rows(owner,
                            "SELECT id, expires_at, last_used, model_whitelist, ip_whitelist FROM proxy_key ORDER BY id COLLATE \"C\""));
            assertEquals(List.of(
                    "came in between|null|null|{a}|{}|" + YEAR_1,
                    "endless|null|null|{a,b,c,NULL}|{x}|" + YEAR_9999,
                    "long gone|" + YEAR_1 + "|null|{}|{}|" + YEAR_1,
                    "none|null|null|{a}|{}|2026-01-01 00:00:00+00"),
                    rows(owner,
                            "SELECT id, expires_at, last_used, model_whitelist, ip_whitelist, created_at FROM revoked_key"
                                    + " ORDER BY id COLLATE \"C\""));
            assertEquals(List.of(YEAR_1, "2026-01-01 00:00:00+00", YEAR_9999),
                    rows(owner, "SELECT revoked_at FROM revocation ORDER BY revoked_at"));
            assertEquals(List.of(), rows(owner, "SELECT conname FROM pg_constraint WHERE NOT convalidated"));
            assertEquals(List.of(), rows(owner, "SELECT proname FROM pg_proc WHERE proname LIKE 'clean%'"));
        }
    }

    @Test
    void aDeletionInFlightEndsBeforeItsKeysAreCleanedAndWithoutADeadlock() throws Exception {
        try (Connection owner = atVersion4("odd_rows_in_use");
                Connection deletion = server.connect("odd_rows_in_use", "postgres", "postgres")) {
            key(owner, "deleted", "infinity", null, "{}", "{}");
            key(owner, "kept", "infinity", null, "{}", "{}");
            deletion.setAutoCommit(false);
            Postgres.execute(deletion, "SELECT id FROM account WHERE id = 'a' FOR UPDATE");

            CompletableFuture<Void> migration = CompletableFuture.runAsync(() -> server.migrate("odd_rows_in_use", "7"));
            server.await("the migration does not wait", """
                    SELECT count(*) > 0 FROM pg_stat_activity WHERE datname = 'odd_rows_in_use' AND wait_event_type = 'Lock'""");
            Postgres.execute(deletion, "DELETE FROM proxy_key WHERE id = 'deleted'");
            Postgres.execute(deletion, "UPDATE proxy_key SET used = 0.5 WHERE id = 'kept'");
            deletion.commit();
            migration.get(30, TimeUnit.SECONDS);

            assertEquals(List.of("kept|null|0.500000"), rows(owner, "SELECT id, expires_at, used FROM proxy_key"));
        }
    }

    private Connection atVersion4(String database) throws SQLException {
        server.execute("CREATE DATABASE " + database);
        server.migrate(database, "4");
        Connection owner = server.connect(database, "postgres", "postgres");
        Postgres.execute(owner, "SET timezone = 'UTC'");
        Postgres.execute(owner, "INSERT INTO account (id, balance) VALUES ('a', 0)");
        return owner;
    }

    private static void key(Connection owner, String id, String expiresAt, String lastUsed, String models, String addresses)
            throws SQLException {
        Postgres.execute(owner, INSERT_KEY, id, id, expiresAt, lastUsed, models, addresses);
    }

    private static void deletedKey(Connection owner, String id, String expiresAt, String lastUsed, String models, String addresses,
            String createdAt) throws SQLException {
        Postgres.execute(owner, INSERT_DELETED_KEY, id, expiresAt, lastUsed, models, addresses, createdAt);
    }

    private static List<String> rows(Connection owner, String sql) throws SQLException {
        List<String> all = new ArrayList<>();
        try (PreparedStatement statement = owner.prepareStatement(sql); ResultSet rows = statement.executeQuery()) {
            while (rows.next()) {
                List<String> row = new ArrayList<>();
                for (int column = 1; column <= rows.getMetaData().getColumnCount(); column++) {
                    row.add(String.valueOf(rows.getString(column)));
                }
                all.add(String.join("|", row));
            }
        }
        return all;
    }
}
