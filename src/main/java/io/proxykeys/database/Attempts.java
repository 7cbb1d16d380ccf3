package io.proxykeys.database;

/**
 * What became of the attempts of one call: whether there is another one, and what may be said about it in the end.
 *
 * <p>The attempts come one after the other, on the event loop; the bound on all of them together comes from another thread.
 */
final class Attempts {

    /** A connection that was lost is replaced once: if the next one is lost too, it is not the freeze that did it. */
    private static final int AFTER_LOST_CONNECTION = 1;

    /** Deadlock or serialization failure (SQLSTATE 40P01, 40001): the other side is through by then, or something is wrong. */
    private static final int AFTER_ROLL_BACK = 3;

    /** Attempts after the first one. */
    static final int MOST = AFTER_LOST_CONNECTION + AFTER_ROLL_BACK;

    private final boolean repeatable;
    private int lostConnections;
    private int rollBacks;
    private boolean committing;
    private boolean anotherOne;
    private boolean fateUnknown;
    private boolean over;

    /** @param repeatable whether the work recognises that an earlier attempt was committed, or changes nothing */
    Attempts(boolean repeatable) {
        this.repeatable = repeatable;
    }

    /**
     * Asked just before COMMIT is sent: from then on, silence may mean that it was done. False: nobody waits for it any more,
     * and somebody may have been told that nothing was changed.
     */
    synchronized boolean mayCommit() {
        committing = !over;
        return committing;
    }

    /** The attempt ended with a failure. */
    synchronized void failed(Throwable failure) {
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
    synchronized boolean another(Throwable failure) {
        return anotherOne;
    }

    /** Nobody waits any longer: what has not begun to commit by now will not. */
    synchronized void end() {
        over = true;
        fateUnknown |= committing;
    }

    /** After the end: whether one of the attempts may have been committed without our being told. */
    synchronized boolean fateUnknown() {
        return fateUnknown;
    }
}
