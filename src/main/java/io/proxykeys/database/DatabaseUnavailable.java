package io.proxykeys.database;

/** The database cannot be reached, is too slow, or cannot serve now. Nothing was changed; the call may be repeated. */
public final class DatabaseUnavailable extends RuntimeException {

    private static final int MOST_CAUSES = 50;

    /** @param cause what the database or the network said, for the log */
    public DatabaseUnavailable(Throwable cause) {
        // No stack trace: it says what was found out elsewhere.
        super("The database cannot be used. Nothing was changed.", cause, false, false);
    }

    /** What is at the bottom of it, in the words of the server, the network or the certificate check. For the log. */
    public String reason() {
        Throwable reason = getCause();
        for (int depth = 0; reason.getCause() != null && depth < MOST_CAUSES; depth++) {
            reason = reason.getCause();
        }
        return reason.getMessage() == null ? reason.toString() : reason.getMessage();
    }
}
