package io.proxykeys.conservation;

import java.time.Instant;
import java.util.UUID;

/**
 * What is asked of a copy of the function.
 *
 * @param name the Idempotency-Key or the id of the alert; one for each order, however often it is repeated
 * @param key for {@link Kind#REMOVE} and {@link Kind#TOGGLE}; else {@code null}
 * @param detectedAt of an alert
 */
record Order(Kind kind, String account, String name, Ledger.Key key, Instant detectedAt) {

    enum Kind {
        DELETE_ALL("all"), EXPIRED("expired"), INACTIVE("inactive"), NEVER_USED("never_used"), ALERT("all"), REMOVE("one"), TOGGLE(null),
        RELEASE(null);

        /** {@code revocation.operation}; {@code null}: it writes no receipt. */
        final String operation;

        Kind(String operation) {
            this.operation = operation;
        }
    }

    static Order of(Kind kind, String account, Ledger.Key key) {
        return new Order(kind, account, UUID.randomUUID().toString(), key, Instant.now());
    }
}
