package io.proxykeys.conservation;

import java.math.BigDecimal;
import java.time.Instant;
import java.util.UUID;

/**
 * What is asked of a copy of the function.
 *
 * @param name the Idempotency-Key or the id of the alert; one for each order, however often it is repeated
 * @param key for {@link Kind#REMOVE}, {@link Kind#TOGGLE}, {@link Kind#UPDATE}, {@link Kind#LOOKUP} and alerts that name a key; else
 *        {@code null}
 * @param detectedAt of an alert
 * @param amount for {@link Kind#CREATE} and {@link Kind#UPDATE}: what is allocated; else {@code null}
 * @param receipt for {@link Kind#RECREATE}: of which deletion; else {@code null}
 */
record Order(Kind kind, String account, String name, Ledger.Key key, Instant detectedAt, BigDecimal amount, String receipt) {

    static final String URL = "https://example.com/";

    enum Kind {
        DELETE_ALL("all"), EXPIRED("expired"), INACTIVE("inactive"), NEVER_USED("never_used"), ALERT("all"), KEY_ALERT("one"), OWNER_ALERT(
                "all"), REMOVE("one"), TOGGLE(null),
        RELEASE(null), CREATE(null), UPDATE(null), LOOKUP(null), RECREATE(null);

        /** {@code revocation.operation}; {@code null}: it writes no receipt. */
        final String operation;

        Kind(String operation) {
            this.operation = operation;
        }
    }

    /** An alert that names a key, alone or for its owner's other keys, too. */
    boolean isAlertOfKey() {
        return kind == Kind.KEY_ALERT || kind == Kind.OWNER_ALERT;
    }

    /** Where an alert says that the key was found: by this, its receipt is found. */
    String url() {
        return URL + name;
    }

    static Order of(Kind kind, String account, Ledger.Key key) {
        return new Order(kind, account, UUID.randomUUID().toString(), key, Instant.now(), null, null);
    }

    /** @param name of the new key */
    static Order create(String account, String name, BigDecimal amount) {
        return new Order(Kind.CREATE, account, name, null, Instant.now(), amount, null);
    }

    static Order update(Ledger.Key key, BigDecimal amount) {
        return new Order(Kind.UPDATE, key.account, UUID.randomUUID().toString(), key, Instant.now(), amount, null);
    }

    static Order recreate(String account, String receipt) {
        return new Order(Kind.RECREATE, account, UUID.randomUUID().toString(), null, Instant.now(), null, receipt);
    }
}
