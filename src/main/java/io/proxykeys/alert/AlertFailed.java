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
        return new AlertFailed("no answer before the deadline: " + receipt.map(AlertFailed::outcomeUnknown)
                .orElse("whether the alert was carried out is unknown. Replaying the event is safe"), cause);
    }

    static String outcomeUnknown(UUID receipt) {
        return "whether the alert was carried out is unknown: if there is a receipt " + receipt + ", it was. Replaying the event is safe";
    }
}
