package io.proxykeys.database;

/**
 * One attempt of a call, and what may follow it. The attempts of a call come one after the other.
 *
 * @param repeatable whether the work recognises that an earlier attempt was committed, or changes nothing
 * @param connectionsReplaced how many attempts before this one cost their connection
 * @param rollBacks how many attempts before this one the server rolled back
 */
record Attempt(boolean repeatable, int connectionsReplaced, int rollBacks) {

    /** A connection is replaced once: if the new one is no better, neither freezing nor a failover was the cause. */
    private static final int ON_NEW_CONNECTION = 1;

    /** Deadlock or serialization failure: after that the other transaction has ended, or something is wrong. */
    private static final int AFTER_ROLL_BACK = 3;

    /** What follows a failed attempt. */
    enum Decision {
        /** Another attempt. */
        RETRY,
        /** The call fails, and nothing was changed. */
        GIVE_UP,
        /** The call fails, and may have been committed. */
        OUTCOME_UNKNOWN
    }

    static Attempt first(boolean repeatable) {
        return new Attempt(repeatable, 0, 0);
    }

    /**
     * Decides what follows this attempt.
     *
     * @param failure how it ended
     * @param outcomeUnknown whether it, or one before it, may have been committed: {@link CommitGate#outcomeUnknown}
     */
    Decision decide(SqlFailure failure, boolean outcomeUnknown) {
        if (shouldRetry(failure, outcomeUnknown)) {
            return Decision.RETRY;
        }
        return outcomeUnknown ? Decision.OUTCOME_UNKNOWN : Decision.GIVE_UP;
    }

    private boolean shouldRetry(SqlFailure failure, boolean outcomeUnknown) {
        return switch (failure) {
            case ROLLED_BACK -> rollBacks < AFTER_ROLL_BACK;
            case CONNECTION_LOST, READ_ONLY, STALE_STATEMENT -> connectionsReplaced < ON_NEW_CONNECTION && (repeatable || !outcomeUnknown);
            case REFUSED_LOGIN, UNAVAILABLE, OTHER -> false;
        };
    }

    /**
     * Whether another one on a new connection follows if this one loses its connection.
     *
     * @param outcomeUnknown whether it, or one before it, may have been committed by then
     */
    boolean isRepeatedIfLost(boolean outcomeUnknown) {
        return shouldRetry(SqlFailure.CONNECTION_LOST, outcomeUnknown);
    }

    /** The attempt after this one, which ended with a failure that is to be retried. */
    Attempt next(SqlFailure failure) {
        return failure == SqlFailure.ROLLED_BACK ? new Attempt(repeatable, connectionsReplaced, rollBacks + 1)
                : new Attempt(repeatable, connectionsReplaced + 1, rollBacks);
    }

    /** How many came before it. */
    int earlier() {
        return connectionsReplaced + rollBacks;
    }
}
