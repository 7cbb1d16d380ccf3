package io.proxykeys.database;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.proxykeys.harness.Postgres;
import io.smallrye.mutiny.CompositeException;
import io.smallrye.mutiny.TimeoutException;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.impl.NoStackTraceThrowable;
import io.vertx.pgclient.PgBuilder;
import io.vertx.pgclient.PgConnectOptions;
import io.vertx.pgclient.PgException;
import io.vertx.pgclient.SslMode;
import io.vertx.sqlclient.ClosedConnectionException;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.PoolOptions;
import io.vertx.sqlclient.SqlConnection;
import java.io.IOException;
import java.net.ConnectException;
import java.net.UnknownHostException;
import java.sql.SQLException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLHandshakeException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How failures are told apart; the client's words as the client says them, so that other words of a later version fail here. */
class SqlFailureTest {

    private static final Vertx VERTX = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1));

    @AfterAll
    static void end() {
        VERTX.close();
    }

    @ParameterizedTest
    @CsvSource({ "40001,ROLLED_BACK", "40P01,ROLLED_BACK", "40003,UNAVAILABLE",
            "25P03,CONNECTION_LOST", "25P04,CONNECTION_LOST", "57P01,CONNECTION_LOST", "57P02,CONNECTION_LOST", "57P05,CONNECTION_LOST",
            "25006,READ_ONLY", "0A000,STALE_STATEMENT", "26000,STALE_STATEMENT", "28P01,REFUSED_LOGIN", "28000,REFUSED_LOGIN",
            "08006,UNAVAILABLE", "08P01,UNAVAILABLE", "3D000,UNAVAILABLE", "53300,UNAVAILABLE", "55P03,UNAVAILABLE", "57P03,UNAVAILABLE",
            "57014,UNAVAILABLE", "58030,UNAVAILABLE", "'',UNAVAILABLE",
            "23514,OTHER", "42501,OTHER", "25P02,OTHER", "55000,OTHER", "XX000,OTHER" })
    void theServersRefusalByItsState(String state, SqlFailure kind) {
        assertEquals(kind, SqlFailure.of(new PgException("refused", "ERROR", state, null)));
        assertEquals(kind, SqlFailure.of(new SQLException("refused", state)));
    }

    @Test
    void aRefusalWithoutStateIsNoFaultOfOurs() {
        assertEquals(SqlFailure.UNAVAILABLE, SqlFailure.of(new PgException("refused", "ERROR", null, null)));
        assertEquals(SqlFailure.UNAVAILABLE, SqlFailure.of(new SQLException("refused")));
    }

    @Test
    void aBrokenConnectionByItsType() {
        assertEquals(SqlFailure.CONNECTION_LOST, SqlFailure.of(ClosedConnectionException.INSTANCE));
        assertEquals(SqlFailure.CONNECTION_LOST, SqlFailure.of(new IOException("Connection reset by peer")));
    }

    @Test
    void oneThatWasNeverOpened() {
        assertEquals(SqlFailure.UNAVAILABLE, SqlFailure.of(new ConnectException("Connection refused")));
        assertEquals(SqlFailure.UNAVAILABLE, SqlFailure.of(new UnknownHostException("db")));
        assertEquals(SqlFailure.UNAVAILABLE, SqlFailure.of(new SSLHandshakeException("No name matching db found")));
        assertEquals(SqlFailure.UNAVAILABLE, SqlFailure.of(new TimeoutException()));
    }

    @Test
    void theReasonIsFoundWhereverItIs() {
        Throwable reset = new IOException("Connection reset by peer");
        assertEquals(SqlFailure.CONNECTION_LOST, SqlFailure.of(new CompletionException(new IllegalStateException(reset))));
        assertEquals(SqlFailure.ROLLED_BACK, SqlFailure.of(new CompositeException(reset, new PgException("", "ERROR", "40001", null))));
    }

    @Test
    void whatSaysNothingAboutTheDatabaseIsNotItsFailure() {
        assertEquals(SqlFailure.OTHER, SqlFailure.of(new IllegalStateException("Timeout")));
        assertEquals(SqlFailure.OTHER, SqlFailure.of(new NoStackTraceThrowable("something else")));
        Exception circle = new IllegalStateException();
        circle.initCause(new IllegalStateException(circle));
        assertEquals(SqlFailure.OTHER, SqlFailure.of(circle));
    }

    @Test
    void theClientsWordWhenNoConnectionBecomesFreeInTime() {
        Pool pool = pool(new PoolOptions().setMaxSize(1).setConnectionTimeout(3).setConnectionTimeoutUnit(TimeUnit.SECONDS));
        get(pool.getConnection());

        Throwable late = failure(pool.getConnection());

        assertSays("Timeout", SqlFailure.UNAVAILABLE, late);
        get(pool.close());
    }

    /** How the pool of the function goes on then: {@code RenewingPoolTest}. */
    @Test
    void theClientsWordsWhenThePoolIsClosedUnderACall() {
        Pool pool = pool(new PoolOptions().setMaxSize(1));
        get(pool.getConnection());
        Future<SqlConnection> waiting = pool.getConnection();
        CountDownLatch closed = new CountDownLatch(1);
        // Otherwise the connection may end first, and the client try to open another one for the call.
        VERTX.runOnContext(running -> await(closed));

        pool.close();
        closed.countDown();

        assertSays("Pool closed", SqlFailure.UNAVAILABLE, failure(waiting));
    }

    @Test
    void theClientsWordsForAConnectionThatIsFoundClosed() {
        Pool pool = pool(new PoolOptions().setMaxSize(1));
        SqlConnection connection = get(pool.getConnection());
        int backend = get(connection.query("SELECT pg_backend_pid()").execute()).iterator().next().getInteger(0);
        Future<Void> closed = Future.future(promise -> connection.closeHandler(promise::complete));

        Postgres.shared().execute("SELECT pg_terminate_backend(?)", backend);
        get(closed);

        assertSays("Connection is not active", SqlFailure.CONNECTION_LOST, failure(connection.query("SELECT 1").execute()));
        get(pool.close());
    }

    @Test
    void theClientsWordsForAServerWithoutTls() {
        Pool pool = PgBuilder.pool().using(VERTX).connectingTo(options().setSslMode(SslMode.REQUIRE).setTrustAll(true)).build();

        Throwable refused = failure(pool.getConnection());

        assertEquals("Postgres Server does not handle SSL connection", refused.getMessage());
        assertEquals(SqlFailure.UNAVAILABLE, SqlFailure.of(refused));
        get(pool.close());
    }

    private static void assertSays(String words, SqlFailure kind, Throwable failure) {
        assertInstanceOf(NoStackTraceThrowable.class, failure);
        assertTrue(failure.getMessage().startsWith(words), failure.getMessage());
        assertEquals(kind, SqlFailure.of(failure));
    }

    private static Pool pool(PoolOptions options) {
        return PgBuilder.pool().using(VERTX).with(options).connectingTo(options()).build();
    }

    private static PgConnectOptions options() {
        return new PgConnectOptions().setHost("localhost").setPort(Postgres.shared().port()).setDatabase("postgres")
                .setUser(Postgres.FUNCTION_USER).setPassword(Postgres.PASSWORD);
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private static Throwable failure(Future<?> future) {
        return assertThrows(ExecutionException.class,
                () -> future.toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS)).getCause();
    }

    private static <T> T get(Future<T> future) {
        try {
            return future.toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }
}
