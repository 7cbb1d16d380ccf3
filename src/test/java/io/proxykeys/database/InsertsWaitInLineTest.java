package io.proxykeys.database;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.proxykeys.harness.Postgres;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/**
 * Keys inserted by other means than create_proxy_key, payments and deletions, all on one account: nobody is in a deadlock, which
 * {@code refuse_blocked_key} ({@code db/migration/R__7_data_plane.sql}) explains. Without its lock, every run had some.
 */
class InsertsWaitInLineTest {

    private static final String DATABASE = "inserts_wait_in_line";
    private static final int TRANSACTIONS_OF_EACH = 5_000;

    private final Postgres server = Postgres.shared();

    @Test
    void insertsPaymentsAndLocksDoNotDeadlock() throws Exception {
        server.execute("CREATE DATABASE " + DATABASE);
        server.migrate(DATABASE);
        try (Connection owner = connect()) {
            Postgres.execute(owner, "INSERT INTO account (id, balance) VALUES ('a1', 0)");
        }
        List<Callable<List<String>>> busy = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            busy.add(() -> repeat("""
                    INSERT INTO proxy_key (id, account_id, name, secret_hash, allocated)
                    VALUES (gen_random_uuid()::text, 'a1', 'key', sha256(gen_random_uuid()::text::bytea), 0)""", false));
            busy.add(() -> repeat("UPDATE account SET balance = balance + 1 WHERE id = 'a1'", true));
            busy.add(() -> repeat("SELECT id FROM account WHERE id = 'a1' FOR UPDATE", false));
        }

        List<String> failures = new ArrayList<>();
        ExecutorService threads = Executors.newFixedThreadPool(busy.size());
        try {
            for (Future<List<String>> one : threads.invokeAll(busy)) {
                failures.addAll(one.get());
            }
        } finally {
            threads.shutdownNow();
        }

        assertEquals(List.of(), failures);
    }

    /** The SQLSTATE of each failure. What need not be kept is rolled back, which is faster. */
    private List<String> repeat(String statement, boolean keep) throws SQLException {
        List<String> failures = new ArrayList<>();
        try (Connection connection = connect()) {
            Postgres.execute(connection, "SET synchronous_commit = off");
            Postgres.execute(connection, "SET deadlock_timeout = '20ms'");
            connection.setAutoCommit(false);
            for (int i = 0; i < TRANSACTIONS_OF_EACH; i++) {
                try {
                    Postgres.execute(connection, statement);
                    if (keep) {
                        connection.commit();
                    }
                } catch (SQLException e) {
                    failures.add(e.getSQLState());
                } finally {
                    connection.rollback();
                }
            }
        }
        return failures;
    }

    private Connection connect() {
        return server.connect(DATABASE, "postgres", Postgres.PASSWORD);
    }
}
