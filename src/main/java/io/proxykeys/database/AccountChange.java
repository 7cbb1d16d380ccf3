package io.proxykeys.database;

import io.vertx.core.Future;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * A change of an account's keys: the statements between BEGIN and COMMIT. The first locks the account's row until the transaction ends,
 * the second does everything else, in one function of the database ({@code db/migration}).
 *
 * @param account whose row is locked
 * @param sql the second statement, which uses {@link AccountLock#whileLocked}
 * @param parameters of the second statement
 * @param result reads its rows. What it throws fails the transaction
 */
public record AccountChange<T>(String account, String sql, Tuple parameters, Function<RowSet<Row>, T> result) {

    /** A change whose second statement returns one row. */
    public static <T> AccountChange<T> ofOneRow(String account, String sql, Tuple parameters, Function<Row, T> result) {
        return new AccountChange<>(account, sql, parameters, rows -> result.apply(rows.iterator().next()));
    }

    /**
     * Sends both, the second without waiting for the first: the server takes one after the other, each with a snapshot of its own. If the
     * lock is refused or there is no such account, the second one's result is ignored and what it did is rolled back with the transaction.
     *
     * @param connection with a transaction that has just begun
     * @return what the second one's result says; fails with {@link UnknownAccount}, or as the statements do
     */
    public Future<T> send(SqlConnection connection) {
        return locked(connection, account, () -> sendSecond(connection));
    }

    /**
     * The same for a change that depends on what is there: sends the lock and a statement that reads it, and when both were answered the
     * change.
     *
     * @param connection with a transaction that has just begun
     * @param change from the rows of that statement
     * @return as {@link #send(SqlConnection)}
     */
    public static <T> Future<T> send(SqlConnection connection, String account, String sql, Tuple parameters,
            Function<RowSet<Row>, AccountChange<T>> change) {
        return locked(connection, account, () -> connection.preparedQuery(sql).execute(parameters).map(change))
                .compose(known -> known.sendSecond(connection));
    }

    private static <T> Future<T> locked(SqlConnection connection, String account, Supplier<Future<T>> next) {
        Future<RowSet<Row>> locked = connection.preparedQuery(AccountLock.LOCK).execute(Tuple.of(account));
        Future<T> done = next.get();
        return locked.compose(rows -> rows.size() > 0 ? done
                : done.transform(ended -> Future.failedFuture(new UnknownAccount(ended.cause()))));
    }

    private Future<T> sendSecond(SqlConnection connection) {
        return connection.preparedQuery(sql).execute(parameters).map(result);
    }
}
