package io.proxykeys.database;

import java.util.Optional;
import java.util.UUID;

/** The database was lost after COMMIT had been sent and before it was answered: the change was made, completely, or not at all. */
public final class OutcomeUnknown extends RuntimeException {

    private final transient UUID receipt;

    /**
     * @param receipt the receipt that is there if and only if the change was made; {@code null} if the change writes none
     * @param cause what the database or the network said, for the log
     */
    public OutcomeUnknown(UUID receipt, Throwable cause) {
        super("The outcome is unknown.", cause, false, false);
        this.receipt = receipt;
    }

    /** The receipt to look for; empty if the change writes none. */
    public Optional<UUID> receipt() {
        return Optional.ofNullable(receipt);
    }
}
