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
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * A pool that is replaced by a new one when no connection could be had from it.
 *
 * <p>The client bounds connecting, but not what the server says after it: a server that accepts and stays silent keeps the
 * pool's only place taken, long after it has come back. With a new pool the next call works as soon as the database does.
 */
@SuppressWarnings("deprecation") // Quarkus 3.34 casts what a PgPoolCreator makes to PgPool.
final class RenewingPool implements PgPool {

    private final Supplier<Pool> factory;
    private Pool current;

    RenewingPool(Supplier<Pool> factory) {
        this.factory = factory;
        this.current = factory.get();
    }

    @Override
    public Future<SqlConnection> getConnection() {
        Pool asked = current();
        return asked.getConnection().onFailure(failure -> replace(asked));
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
