package io.proxykeys.database;

import io.vertx.core.AsyncResult;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.pgclient.PgPool;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.PrepareOptions;
import io.vertx.sqlclient.PreparedQuery;
import io.vertx.sqlclient.Query;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.SqlConnection;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * A pool that is replaced by a new one when it gives no connection, or a dead one.
 *
 * <p>The client bounds connecting, but not what the server says after it: a server that accepts and stays silent keeps the
 * pool's only place taken, long after it has come back. With a new pool the next call works as soon as the database does.
 *
 * <p>A connection that was not used for a while may have been forgotten by a NAT or lost with its host without a message, most
 * of all if the process was frozen. It is checked first, with a short bound: a dead one would otherwise be noticed only when a
 * statement has gone unanswered for longer than statements may take.
 *
 * <p>It is a {@code PgPool}, which is deprecated for {@code Pool}, because Quarkus 3.34 casts what a {@code PgPoolCreator} makes to
 * that: {@code PgPoolTest} fails when it no longer does.
 */
@SuppressWarnings("deprecation")
final class RenewingPool implements PgPool {

    /** Used within this time, a connection is taken to be alive. */
    private static final long FRESH_MILLIS = 5_000;
    private static final int CHECK_SECONDS = 1;

    private final Supplier<Pool> factory;
    private Pool current;
    /** By the wall clock, which goes on while the process is frozen. */
    private volatile long lastUsed;

    RenewingPool(Supplier<Pool> factory) {
        this.factory = factory;
        this.current = factory.get();
    }

    @Override
    public Future<SqlConnection> getConnection() {
        Pool asked = current();
        long now = System.currentTimeMillis();
        boolean unchecked = asked.size() > 0 && Math.abs(now - lastUsed) >= FRESH_MILLIS;
        lastUsed = now;
        Future<SqlConnection> connection = asked.getConnection().onFailure(failure -> replace(asked));
        return unchecked ? connection.compose(idle -> check(idle).recover(dead -> replaced(asked))) : connection;
    }

    private static Future<SqlConnection> check(SqlConnection idle) {
        return idle.query("SELECT 1").execute().timeout(CHECK_SECONDS, TimeUnit.SECONDS).map(idle);
    }

    private Future<SqlConnection> replaced(Pool dead) {
        replace(dead);
        Pool renewed = current();
        return renewed.getConnection().onFailure(failure -> replace(renewed));
    }

    /** Drops what is in use, too. */
    void renew() {
        replace(current());
    }

    private synchronized Pool current() {
        return current;
    }

    private synchronized void replace(Pool broken) {
        if (current == broken) {
            current = factory.get();
            broken.close();
        }
    }

    @Override
    public void getConnection(Handler<AsyncResult<SqlConnection>> handler) {
        getConnection().onComplete(handler);
    }

    @Override
    public Query<RowSet<Row>> query(String sql) {
        return current().query(sql);
    }

    @Override
    public PreparedQuery<RowSet<Row>> preparedQuery(String sql) {
        return current().preparedQuery(sql);
    }

    @Override
    public PreparedQuery<RowSet<Row>> preparedQuery(String sql, PrepareOptions options) {
        return current().preparedQuery(sql, options);
    }

    @Override
    public PgPool connectHandler(Handler<SqlConnection> handler) {
        throw new UnsupportedOperationException("would be lost with the pool");
    }

    @Override
    public PgPool connectionProvider(Function<Context, Future<SqlConnection>> provider) {
        throw new UnsupportedOperationException("would be lost with the pool");
    }

    @Override
    public int size() {
        return current().size();
    }

    @Override
    public Future<Void> close() {
        return current().close();
    }

    @Override
    public void close(Handler<AsyncResult<Void>> handler) {
        close().onComplete(handler);
    }
}
