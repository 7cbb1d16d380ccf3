package io.proxykeys.database;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.proxykeys.database.Attempt.Decision;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What follows a failed attempt: every case. */
class AttemptTest {

    @ParameterizedTest(name = "{0}, repeatable: {1}, outcome unknown: {2}, after {3} replaced connections and {4} roll-backs: {5}")
    @CsvSource(textBlock = """
            # failure,      repeatable, unknown, replaced, rolled back, what follows
            CONNECTION_LOST,      true,   false,    0,           0, RETRY
            CONNECTION_LOST,      true,    true,    0,           0, RETRY
            CONNECTION_LOST,      true,   false,    0,           3, RETRY
            CONNECTION_LOST,      true,   false,    1,           0, GIVE_UP
            CONNECTION_LOST,      true,    true,    1,           0, OUTCOME_UNKNOWN
            # What does not recognise that it was committed is not run again once it may have been.
            CONNECTION_LOST,     false,   false,    0,           0, RETRY
            CONNECTION_LOST,     false,    true,    0,           0, OUTCOME_UNKNOWN
            CONNECTION_LOST,     false,   false,    1,           0, GIVE_UP
            CONNECTION_LOST,     false,    true,    1,           0, OUTCOME_UNKNOWN
            # A roll-back is certain; only an attempt before it can have been committed.
            ROLLED_BACK,          true,   false,    0,           0, RETRY
            ROLLED_BACK,         false,   false,    0,           2, RETRY
            ROLLED_BACK,          true,    true,    1,           2, RETRY
            ROLLED_BACK,          true,   false,    0,           3, GIVE_UP
            ROLLED_BACK,         false,   false,    0,           3, GIVE_UP
            ROLLED_BACK,          true,    true,    1,           3, OUTCOME_UNKNOWN
            # Another connection may lead to another server, and knows no statement yet.
            READ_ONLY,            true,   false,    0,           0, RETRY
            READ_ONLY,           false,   false,    0,           0, RETRY
            READ_ONLY,            true,   false,    1,           0, GIVE_UP
            READ_ONLY,            true,    true,    1,           0, OUTCOME_UNKNOWN
            STALE_STATEMENT,      true,   false,    0,           0, RETRY
            STALE_STATEMENT,     false,   false,    0,           1, RETRY
            STALE_STATEMENT,      true,   false,    1,           0, GIVE_UP
            STALE_STATEMENT,      true,    true,    1,           0, OUTCOME_UNKNOWN
            # Trying again would not help.
            REFUSED_LOGIN,        true,   false,    0,           0, GIVE_UP
            REFUSED_LOGIN,        true,    true,    1,           0, OUTCOME_UNKNOWN
            UNAVAILABLE,          true,   false,    0,           0, GIVE_UP
            UNAVAILABLE,          true,    true,    0,           0, OUTCOME_UNKNOWN
            UNAVAILABLE,         false,    true,    0,           0, OUTCOME_UNKNOWN
            OTHER,                true,   false,    0,           0, GIVE_UP
            OTHER,                true,    true,    1,           1, OUTCOME_UNKNOWN
            OTHER,               false,    true,    0,           0, OUTCOME_UNKNOWN
            """)
    void decides(SqlFailure failure, boolean repeatable, boolean outcomeUnknown, int replaced, int rollBacks, Decision decision) {
        assertEquals(decision, new Attempt(repeatable, replaced, rollBacks).decide(failure, outcomeUnknown));
    }

    @Test
    void eachKindOfFailureIsCountedForItself() {
        Attempt attempt = Attempt.first(true).next(SqlFailure.ROLLED_BACK).next(SqlFailure.CONNECTION_LOST).next(SqlFailure.ROLLED_BACK);

        assertEquals(new Attempt(true, 1, 2), attempt);
        assertEquals(3, attempt.earlier());
    }
}
