package io.proxykeys.database;

/** The first statement of every transaction that changes an account's keys. */
public final class AccountLock {

    /**
     * First and alone. FOR UPDATE, because it is the one row lock that a key insert in flight (it holds KEY SHARE through
     * the foreign key) makes wait; and a statement of its own, because the next one then sees what was committed while
     * this one waited. The function also sets what the transaction relies on ({@code db/migration/R__1_lock.sql}), and refuses a
     * transaction that is not READ COMMITTED.
     */
    public static final String LOCK = "SELECT id FROM lock_account_for_change($1)";

    /**
     * A required parameter of the second statement: null unless this transaction holds the lock, which is what gives a transaction
     * its number. If BEGIN is refused, the statements sent after it are transactions of their own: the lock is released as soon as it
     * is taken, and without this null the second statement would change rows without the lock.
     *
     * @param parameter with its type, such as {@code $1::uuid}
     */
    public static String whileLocked(String parameter) {
        return "CASE WHEN pg_current_xact_id_if_assigned() IS NOT NULL THEN " + parameter + " END";
    }

    private AccountLock() {
    }
}
