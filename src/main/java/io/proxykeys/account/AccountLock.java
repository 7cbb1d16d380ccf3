package io.proxykeys.account;

import io.vertx.core.Future;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;

/** The first statement of every transaction that changes an account's keys. */
public final class AccountLock {

    /**
     * First and alone. FOR UPDATE, because it is the one row lock that a key insert in flight (it holds KEY SHARE through
     * the foreign key) makes wait; and a statement of its own, because the next one then sees what was committed while
     * this one waited.
     */
    private static final String LOCK = "SELECT id FROM account WHERE id = $1 FOR UPDATE";

    private AccountLock() {
    }

    /** Locks the account's row until the transaction ends; fails with {@link UnknownAccount} if there is none. */
    public static Future<Void> take(SqlConnection connection, String account) {
        return connection.preparedQuery(LOCK).execute(Tuple.of(account))
                .compose(rows -> rows.size() == 0 ? Future.failedFuture(new UnknownAccount()) : Future.succeededFuture());
    }
}
