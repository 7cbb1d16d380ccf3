package io.proxykeys.database;

/**
 * What became of the attempts of one call: whether there is another one, and what may be said about it in the end.
 *
 * <p>Used by one call, one attempt after the other; the fields are volatile because the attempts may be on different threads.
 */
final class Attempts {

    /** A connection that was lost is replaced once: if the next one is lost too, it is not the freeze that did it. */
    private static final int AFTER_LOST_CONNECTION = 1;

    /** Deadlock or serialization failure (SQLSTATE 40P01, 40001): the other side is through by then, or something is wrong. */
    private static final int AFTER_ROLL_BACK = 3;

    /** Attempts after the first one. */
    static final int MOST = AFTER_LOST_CONNECTION + AFTER_ROLL_BACK;

    private final boolean repeatable;
    private volatile int lostConnections;
    private volatile int rollBacks;
    private volatile boolean committing;
    private volatile boolean anotherOne;
    private volatile boolean fateUnknown;

    /** @param repeatable whether the work recognises that an earlier attempt was committed, or changes nothing */
    Attempts(boolean repeatable) {
        this.repeatable = repeatable;
    }

    /** COMMIT is sent now: from here on, silence may mean that it was done. */
    void committing() {
        committing = true;
    }

    /** The attempt ended with a failure. */
    void failed(Throwable failure) {
        if (Failure.isRolledBack(failure)) {
            anotherOne = ++rollBacks <= AFTER_ROLL_BACK;
        } else {
            fateUnknown |= committing;
            anotherOne = (repeatable || !committing) && Failure.isLostConnection(failure)
                    && ++lostConnections <= AFTER_LOST_CONNECTION;
        }
        committing = false;
    }

    /** Whether to try again after this failure, the one that {@link #failed} was told of. */
    boolean another(Throwable failure) {
        return anotherOne;
    }

    /** Whether one of the attempts may have been committed without our being told. */
    boolean fateUnknown() {
        return fateUnknown || committing;
    }
}
