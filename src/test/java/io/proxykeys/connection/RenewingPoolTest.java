package io.proxykeys.connection;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.proxykeys.harness.Postgres;
import io.proxykeys.harness.WireTap;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.pgclient.PgBuilder;
import io.vertx.pgclient.PgConnectOptions;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.PoolOptions;
import io.vertx.sqlclient.SqlConnection;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A call that meets a pool while it is being renewed is told that its connection was lost, which has it tried again. */
class RenewingPoolTest {

    private final Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1));
    private final WireTap tap = new WireTap(Postgres.shared().port());
    private final OpenChannels channels = new OpenChannels(vertx, tap.port());
    private final RenewingPool pool = new RenewingPool(this::newPool, channels);

    @AfterEach
    void end() throws Exception {
        get(vertx.close());
    }

    @Test
    void whoWaitsInTheOldPoolMayAskAgain() throws Exception {
        get(pool.getConnection());
        Future<SqlConnection> waiting = pool.getConnection();

        pool.renew();

        assertLost(waiting);
        assertWorks(get(pool.getConnection()));
        tap.awaitHeldOpen(1);
    }

    /** The client then throws an {@code IllegalStateException}: "Client is closed". */
    @Test
    void soMayACallForWhichTheOldPoolWasAboutToConnect() throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        channels.run(() -> {
            await(asked);
            pool.renew();
        });
        Future<SqlConnection> connecting = pool.getConnection();
        asked.countDown();

        assertLost(connecting);
        assertWorks(get(pool.getConnection()));
        tap.awaitHeldOpen(1);
    }

    /** The client does not even say goodbye while a statement is being prepared. */
    @Test
    void whatIsGivenUpIsClosedThoughTheServerIsSilent() throws Exception {
        SqlConnection dead = get(pool.getConnection());
        tap.silenceConnections();
        Future<?> prepared = dead.preparedQuery("SELECT 1").execute();

        pool.renew();
        // On the event loop, where the function's calls begin too: after that, and not before.
        CountDownLatch renewed = new CountDownLatch(1);
        channels.run(renewed::countDown);
        await(renewed);

        assertWorks(get(pool.getConnection()));
        get(prepared.transform(ended -> Future.succeededFuture()));
        tap.awaitHeldOpen(1);
    }

    private Pool newPool() {
        return PgBuilder.pool().using(vertx).with(new PoolOptions().setMaxSize(1))
                .connectingTo(new PgConnectOptions().setHost("localhost").setPort(tap.port()).setDatabase("postgres")
                        .setUser(Postgres.FUNCTION_USER).setPassword(Postgres.PASSWORD))
                .build();
    }

    private static void assertLost(Future<SqlConnection> connection) {
        assertInstanceOf(SilentConnection.class, assertThrows(ExecutionException.class, () -> get(connection)).getCause());
    }

    private static void assertWorks(SqlConnection connection) throws Exception {
        assertEquals(1, get(connection.query("SELECT 1").execute()).iterator().next().getInteger(0));
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private static <T> T get(Future<T> future) throws Exception {
        return future.toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
    }
}
