package io.proxykeys.connection;

import io.netty.channel.Channel;
import io.vertx.core.AsyncResult;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.pgclient.PgConnection;
import io.vertx.pgclient.PgPool;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.PrepareOptions;
import io.vertx.sqlclient.PreparedQuery;
import io.vertx.sqlclient.Query;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.SqlConnection;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * A pool of one connection that is replaced by a new one when it gives no connection, or one that is not to be kept. A call that was
 * waiting for a connection of the old pool is told that its connection was lost, and may ask again. It is not given one of the new pool:
 * if it is the call that was given up, it would take that from the next one.
 *
 * <p>The client bounds connecting, but not what the server says after it: a server that accepts and stays silent keeps the
 * pool's only place taken, long after it has come back. With a new pool the next call works as soon as the database does.
 *
 * <p>A connection that was not used for a while may have been forgotten by a NAT or lost with its host without a message, most
 * of all if the process was frozen; or its server has become a standby. It is checked first, with a short bound: by the first
 * statement of a call a dead one would be noticed later.
 *
 * <p>It is a {@code PgPool}, which is deprecated for {@code Pool}, because Quarkus 3.33 casts what a {@code PgPoolCreator} makes to
 * that: {@code PgPoolTest} fails when it no longer does.
 */
@SuppressWarnings("deprecation")
final class RenewingPool implements PgPool {

    /** Used within this time, a connection is taken to be alive. */
    private static final long FRESH_MILLIS = 5_000;
    private static final int CHECK_SECONDS = 1;
    /** To reach the server with a request to cancel. */
    private static final int CANCEL_SECONDS = 1;

    /** Whether the server takes writes: {@code on} for a standby, or where the default is to read only. */
    private static final String CHECK = "SELECT current_setting('transaction_read_only')";

    private final Supplier<Pool> factory;
    private final OpenChannels channels;
    private volatile Generation current;
    /** By the wall clock, which goes on while the process is frozen. */
    private volatile long lastUsed;

    /** A pool, and the last connection that it gave. */
    private static final class Generation {

        private final Pool pool;
        private volatile SqlConnection lent;

        private Generation(Pool pool) {
            this.pool = pool;
        }
    }

    RenewingPool(Supplier<Pool> factory, OpenChannels channels) {
        this.factory = factory;
        this.channels = channels;
        this.current = new Generation(factory.get());
    }

    @Override
    public Future<SqlConnection> getConnection() {
        Generation asked = current;
        long now = System.currentTimeMillis();
        boolean unchecked = asked.pool.size() > 0 && Math.abs(now - lastUsed) >= FRESH_MILLIS;
        lastUsed = now;
        Future<SqlConnection> connection = connection(asked);
        return unchecked ? connection.compose(idle -> check(idle).recover(unusable -> {
            replace(asked, Future::succeededFuture);
            return connection(current);
        })) : connection;
    }

    /** Gives up the connection; no statement runs on it. The server of the next one is looked up anew. */
    void renew() {
        Generation ended = current;
        channels.run(() -> replace(ended, Future::succeededFuture));
    }

    /** Gives up the connection, and asks the server to cancel the statement that runs on it. */
    void cancel() {
        Generation ended = current;
        SqlConnection lent = ended.lent;
        // Sent over a connection of its own, which the pool makes: only then is the pool closed.
        channels.run(() -> replace(ended, () -> lent == null ? Future.succeededFuture()
                : PgConnection.cast(lent).cancelRequest().timeout(CANCEL_SECONDS, TimeUnit.SECONDS)));
    }

    private Future<SqlConnection> connection(Generation asked) {
        return asked.pool.getConnection()
                .onSuccess(connection -> asked.lent = connection)
                .recover(failure -> {
                    if (current != asked) {
                        return Future.failedFuture(new SilentConnection("the pool was renewed"));
                    }
                    replace(asked, Future::succeededFuture);
                    return Future.failedFuture(failure);
                });
    }

    private static Future<SqlConnection> check(SqlConnection idle) {
        return idle.query(CHECK).execute().timeout(CHECK_SECONDS, TimeUnit.SECONDS)
                .compose(rows -> "off".equals(rows.iterator().next().getString(0)) ? Future.succeededFuture(idle)
                        : Future.failedFuture("the server is read-only"));
    }

    /**
     * Replaces a pool that is not to be used any more, unless that was done already. On the event loop: what it opened has to be known
     * before the next one opens anything.
     *
     * @param last what is done with it before it is closed
     */
    private synchronized void replace(Generation broken, Supplier<Future<Void>> last) {
        if (current == broken) {
            List<Channel> givenUp = channels.now();
            current = new Generation(factory.get());
            last.get().onComplete(ended -> {
                broken.pool.close();
                channels.close(givenUp);
            });
        }
    }

    @Override
    public void getConnection(Handler<AsyncResult<SqlConnection>> handler) {
        getConnection().onComplete(handler);
    }

    @Override
    public Query<RowSet<Row>> query(String sql) {
        return current.pool.query(sql);
    }

    @Override
    public PreparedQuery<RowSet<Row>> preparedQuery(String sql) {
        return current.pool.preparedQuery(sql);
    }

    @Override
    public PreparedQuery<RowSet<Row>> preparedQuery(String sql, PrepareOptions options) {
        return current.pool.preparedQuery(sql, options);
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
        return current.pool.size();
    }

    @Override
    public Future<Void> close() {
        return current.pool.close();
    }

    @Override
    public void close(Handler<AsyncResult<Void>> handler) {
        close().onComplete(handler);
    }
}
