package io.proxykeys.database;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.pgclient.PgException;
import io.vertx.sqlclient.ClosedConnectionException;
import org.junit.jupiter.api.Test;

/** What may be tried again, and what may be said in the end; the cases that no fault injection can time. */
class AttemptsTest {

    private static final Throwable LOST = ClosedConnectionException.INSTANCE;
    private static final Throwable DEADLOCK = new PgException("deadlock detected", "ERROR", "40P01", null);
    private static final Throwable BROKEN = new PgException("broken", "ERROR", "23514", null);

    @Test
    void whatWasGivenUpIsNotCommittedAnyMore() {
        Attempts attempts = new Attempts(true);
        attempts.end();

        assertFalse(attempts.mayCommit());
        assertFalse(attempts.fateUnknown(), "nothing can have been changed");
    }

    @Test
    void whatWasGivenUpDuringCommitIsUnknown() {
        Attempts attempts = new Attempts(true);
        assertTrue(attempts.mayCommit());
        attempts.end();

        assertTrue(attempts.fateUnknown());
    }

    @Test
    void aLostConnectionIsReplacedOnce() {
        Attempts attempts = new Attempts(true);

        assertTrue(again(attempts, LOST));
        assertFalse(again(attempts, LOST));
        attempts.end();
        assertFalse(attempts.fateUnknown());
    }

    @Test
    void onceUnknownIsUnknownUntilAnAttemptSucceeds() {
        Attempts attempts = new Attempts(true);
        attempts.mayCommit();

        assertTrue(again(attempts, LOST));
        assertTrue(again(attempts, DEADLOCK));
        assertFalse(again(attempts, BROKEN));
        attempts.end();
        assertTrue(attempts.fateUnknown());
    }

    @Test
    void whatCannotBeRepeatedIsNotOnceItMayHaveBeenCommitted() {
        Attempts attempts = new Attempts(false);
        assertTrue(again(attempts, LOST), "before COMMIT");
        attempts.mayCommit();

        assertFalse(again(attempts, LOST));
        attempts.end();
        assertTrue(attempts.fateUnknown());
    }

    @Test
    void aRollBackAtCommitIsCertainAndTriedThreeTimesMore() {
        Attempts attempts = new Attempts(false);
        for (int i = 0; i < 3; i++) {
            attempts.mayCommit();
            assertTrue(again(attempts, DEADLOCK));
        }
        attempts.mayCommit();
        assertFalse(again(attempts, DEADLOCK));
        attempts.end();
        assertFalse(attempts.fateUnknown());
    }

    private static boolean again(Attempts attempts, Throwable failure) {
        attempts.failed(failure);
        return attempts.another(failure);
    }
}
