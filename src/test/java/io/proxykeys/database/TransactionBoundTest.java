package io.proxykeys.database;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.proxykeys.connection.DatabasePool;
import io.proxykeys.harness.Accounts;
import io.proxykeys.harness.Harness;
import io.proxykeys.harness.Postgres;
import io.proxykeys.revocation.LiveStatements;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.vertx.VertxContextSupport;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.sqlclient.Pool;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import org.hibernate.reactive.mutiny.Mutiny;
import org.junit.jupiter.api.Test;

/** The bound on a call, made short enough to be reached at any moment of a transaction. */
@QuarkusTest
@WithTestResource(Harness.class)
class TransactionBoundTest {

    private static final int CALLS = 500;
    /** A slow machine needs more calls until it has seen enough of each ending. */
    private static final int MOST_CALLS = 10 * CALLS;
    private static final int ENOUGH = 20;
    /** After the deletion, so that the bound strikes before, during and after it. */
    private static final String SLOWLY = "SELECT pg_sleep(0.004)";

    @Inject
    Vertx vertx;

    @Inject
    Pool pool;

    @Inject
    DatabasePool connections;

    @Inject
    Mutiny.SessionFactory sessions;

    @Test
    void whoIsToldThatNothingWasChangedIsToldTheTruth() throws Throwable {
        String account = Accounts.open("1");
        Random random = new Random();
        int done = 0;
        int unchanged = 0;
        for (int i = 0; i < CALLS || (i < MOST_CALLS && Math.min(done, unchanged) < ENOUGH); i++) {
            UUID receipt = UUID.randomUUID();
            Transactions transactions = new Transactions(vertx, pool, connections, sessions, Duration.ofMillis(3 + random.nextInt(40)));
            boolean answered;
            try {
                VertxContextSupport.subscribeAndAwait(() -> transactions.run(new CommitGate(), receipt, connection -> {
                    Future<?> result = LiveStatements.change(receipt, account).send(connection);
                    return connection.query(SLOWLY).execute().compose(slept -> result);
                }));
                answered = true;
            } catch (DatabaseUnavailable refused) {
                answered = false;
            } catch (OutcomeUnknown unknown) {
                assertEquals(Optional.of(receipt), unknown.receipt());
                continue;
            }
            done += answered ? 1 : 0;
            unchanged += answered ? 0 : 1;
            assertEquals(answered ? 1L : 0L, receipts(receipt), answered ? "confirmed" : "nothing was changed");
        }
        assertTrue(Math.min(done, unchanged) >= ENOUGH, done + " were confirmed, " + unchanged + " given up");
    }

    /** After whatever is under way has ended: the pool's only connection is free again. */
    private long receipts(UUID receipt) throws Throwable {
        VertxContextSupport.subscribeAndAwait(() -> new Transactions(vertx, pool, connections, sessions)
                .run(new CommitGate(), connection -> connection.query("SELECT 1").execute()));
        return Postgres.shared().one(Long.class, "SELECT count(*) FROM revocation WHERE id = ?", receipt);
    }
}
