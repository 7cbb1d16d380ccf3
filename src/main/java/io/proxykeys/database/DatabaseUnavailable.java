package io.proxykeys.database;

import io.smallrye.mutiny.TimeoutException;
import io.vertx.pgclient.PgException;

/** The database cannot be reached, is too slow, or cannot serve now. Nothing was changed; the call may be repeated. */
public final class DatabaseUnavailable extends RuntimeException {

    /** Also of a statement that was cancelled by other means. */
    private static final String STATEMENT_TIMEOUT = "57014";

    /** @param cause what the database or the network said, for the log */
    public DatabaseUnavailable(Throwable cause) {
        // No stack trace: it says what was found out elsewhere.
        super("The database cannot be used. Nothing was changed.", cause, false, false);
    }

    /** Whether it was at work on the call when the time was over: more time might have been enough. */
    public boolean isTooSlow() {
        return getCause() instanceof TimeoutException
                || (getCause() instanceof PgException refused && STATEMENT_TIMEOUT.equals(refused.getSqlState()));
    }
}
