package io.proxykeys.database;

import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Stands before every COMMIT of one call, and tells from any thread, without the event loop, what can be said about the call.
 *
 * <p>Whoever waits for a call makes a gate, passes it along with the call to {@link Transactions#run}, and calls {@link #giveUp}
 * when it stops waiting: after that nothing of the call is committed any more, and what had begun to commit by then is "outcome
 * unknown". A gate serves one call, with all its attempts.
 */
public final class CommitGate {

    private enum State {
        /** Nothing can have been committed. */
        OPEN,
        /** COMMIT was sent in this attempt, and not refused. */
        COMMITTING,
        /** The answer to a COMMIT was lost; whatever a later attempt does, it is unknown until one succeeds. */
        UNANSWERED,
        /** Given up before COMMIT: nothing was changed, and nothing will be. */
        CLOSED_UNCHANGED,
        /** Given up after COMMIT was sent. */
        CLOSED_UNKNOWN
    }

    private final AtomicReference<State> state = new AtomicReference<>(State.OPEN);
    private final long end;
    private volatile UUID receipt;

    /** For a call that takes no longer than usual. */
    public CommitGate() {
        this(Duration.ZERO);
    }

    /** @param bound how long whoever waits for the call will wait, from now on */
    public CommitGate(Duration bound) {
        this.end = System.nanoTime() + bound.toNanos();
    }

    /** What is left of the time; below zero when it is over. */
    Duration left() {
        return Duration.ofNanos(end - System.nanoTime());
    }

    /** Asked just before COMMIT is sent. False: the call was given up, and its sender may have been told that nothing was changed. */
    boolean tryBeginCommit() {
        State now = state.updateAndGet(before -> before == State.OPEN ? State.COMMITTING : before);
        return now == State.COMMITTING || now == State.UNANSWERED;
    }

    /** The server rolled the attempt back, for certain: what was unknown before it still is. */
    void rolledBack() {
        state.compareAndSet(State.COMMITTING, State.OPEN);
    }

    /** The attempt failed in another way: if it had begun to commit, it may have been committed. */
    void lost() {
        state.compareAndSet(State.COMMITTING, State.UNANSWERED);
    }

    /** Before the first attempt: the receipt that the call writes. */
    void writes(UUID receipt) {
        this.receipt = receipt;
    }

    /** Gives the call up: what has not begun to commit by now never will. Closing again changes nothing. */
    public void close() {
        state.updateAndGet(before -> switch (before) {
            case OPEN, CLOSED_UNCHANGED -> State.CLOSED_UNCHANGED;
            case COMMITTING, UNANSWERED, CLOSED_UNKNOWN -> State.CLOSED_UNKNOWN;
        });
    }

    /**
     * Closes the gate, and says what can be said about the call then.
     *
     * @param reason for the log
     * @return {@link OutcomeUnknown} or {@link DatabaseUnavailable}
     */
    public RuntimeException giveUp(Throwable reason) {
        close();
        return outcomeUnknown() ? new OutcomeUnknown(receipt, reason) : new DatabaseUnavailable(reason);
    }

    /**
     * Whether the call may have been committed without our being told. Final once the gate is closed; true from COMMIT on, also
     * when it has succeeded, for whoever has not been answered.
     */
    public boolean outcomeUnknown() {
        return switch (state.get()) {
            case OPEN, CLOSED_UNCHANGED -> false;
            case COMMITTING, UNANSWERED, CLOSED_UNKNOWN -> true;
        };
    }

    /** The receipt that the call writes if it is committed; empty: it writes none, or has not come that far. */
    public Optional<UUID> receipt() {
        return Optional.ofNullable(receipt);
    }
}
