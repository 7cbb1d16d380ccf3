package io.proxykeys.database;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CyclicBarrier;
import org.junit.jupiter.api.Test;

/** The gate before COMMIT; the cases that no fault injection can time. */
class CommitGateTest {

    private final CommitGate gate = new CommitGate();

    @Test
    void whatWasGivenUpIsNotCommittedAnyMore() {
        gate.close();

        assertFalse(gate.tryBeginCommit());
        assertFalse(gate.outcomeUnknown(), "nothing can have been changed");
    }

    @Test
    void whatWasGivenUpDuringCommitIsUnknown() {
        assertTrue(gate.tryBeginCommit());
        gate.close();

        assertTrue(gate.outcomeUnknown());
        assertFalse(gate.tryBeginCommit(), "no attempt after it was given up");
    }

    @Test
    void whatWasSaidWhenItWasGivenUpStays() {
        gate.tryBeginCommit();
        gate.close();
        gate.rolledBack();
        gate.close();

        assertTrue(gate.outcomeUnknown());
    }

    @Test
    void aCommitThatWasRolledBackIsNoCommit() {
        gate.tryBeginCommit();
        gate.rolledBack();
        assertFalse(gate.outcomeUnknown());

        assertTrue(gate.tryBeginCommit());
        gate.rolledBack();
        gate.close();
        assertFalse(gate.outcomeUnknown());
    }

    @Test
    void onceUnknownIsUnknownWhateverALaterAttemptDoes() {
        gate.tryBeginCommit();
        gate.lost();
        assertTrue(gate.tryBeginCommit(), "it looks for its receipt");
        gate.rolledBack();
        assertTrue(gate.outcomeUnknown());

        gate.close();
        assertTrue(gate.outcomeUnknown());
    }

    @Test
    void aConnectionThatIsLostBeforeCommitLeavesNothingUnknown() {
        gate.lost();

        assertFalse(gate.outcomeUnknown());
    }

    @Test
    void theReceiptToLookForIsToldFromTheStart() {
        assertEquals(Optional.empty(), gate.receipt());
        UUID receipt = UUID.randomUUID();
        gate.writes(receipt);

        assertEquals(Optional.of(receipt), gate.receipt());
    }

    @Test
    void whoGivesUpAndWhoCommitsAtTheSameMomentAgree() throws Exception {
        CyclicBarrier together = new CyclicBarrier(2);
        for (int i = 0; i < 5_000; i++) {
            CommitGate contested = new CommitGate();
            CompletableFuture<Boolean> unknown = CompletableFuture.supplyAsync(() -> {
                await(together);
                contested.close();
                return contested.outcomeUnknown();
            });
            await(together);
            boolean committed = contested.tryBeginCommit();

            assertEquals(committed, unknown.join());
        }
    }

    private static void await(CyclicBarrier barrier) {
        try {
            barrier.await();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }
}
