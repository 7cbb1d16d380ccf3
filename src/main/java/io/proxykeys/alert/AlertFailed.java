package io.proxykeys.alert;

import java.util.Optional;
import java.util.UUID;

/** An alert that could not be carried out, now or at all: Lambda repeats it and then hands it to the on-failure destination. */
public final class AlertFailed extends RuntimeException {

    public AlertFailed(String message, Throwable cause) {
        super(message, cause, false, false);
    }

    /**
     * There was no answer before the invocation's deadline.
     *
     * @param receipt which the alert writes if it is carried out; empty if it had not come that far
     */
    public static AlertFailed late(Optional<UUID> receipt, Throwable cause) {
        return new AlertFailed("no answer before the deadline: " + outcomeUnknown(receipt), cause);
    }

    /** For the person who reads the failure queue. */
    static String outcomeUnknown(Optional<UUID> receipt) {
        return "whether the alert was carried out is unknown"
                + receipt.map(id -> ": if there is a receipt " + id + ", it was").orElse("")
                + ". Replaying the event is safe";
    }
}
