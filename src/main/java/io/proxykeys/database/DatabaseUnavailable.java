package io.proxykeys.database;

/** The database cannot be reached, is too slow, or cannot serve now. Nothing was changed; the call may be repeated. */
public final class DatabaseUnavailable extends RuntimeException {

    /** @param cause what the database or the network said, for the log */
    public DatabaseUnavailable(Throwable cause) {
        // No stack trace: it says what was found out elsewhere.
        super("The database cannot be used. Nothing was changed.", cause, false, false);
    }
}
