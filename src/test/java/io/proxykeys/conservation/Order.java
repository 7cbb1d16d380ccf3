package io.proxykeys.conservation;

import java.math.BigDecimal;
import java.time.Instant;
import java.util.List;
import java.util.UUID;

/**
 * What is asked of a copy of the function.
 *
 * @param suspends keys are disabled, and not deleted; see {@link Kind#operation}
 * @param name the Idempotency-Key or the id of the alert; one for each order, however often it is repeated
 * @param secrets by which keys are named, if any
 * @param detectedAt of an alert
 * @param number for {@link Kind#CREATE} and {@link Kind#UPDATE}: what is allocated; for {@link Kind#ROTATE}: how many seconds the secrets
 *        overlap; else {@code null}
 * @param of for {@link Kind#RECREATE}: which deletion; for {@link Kind#RESUME}: which suspension; for {@link Kind#PREFIX}: the prefix; else
 *        {@code null}
 */
record Order(Kind kind, boolean suspends, String account, String name, List<Key.Secret> secrets, Instant detectedAt, BigDecimal number,
        String of) {

    static final String URL = "https://example.com/";

    enum Kind {
        DELETE_ALL("all"), EXPIRED("expired"), INACTIVE("inactive"), SUSPENDED("suspended"), NEVER_USED("never_used"), PREFIX("prefix"),
        SEVERAL("several"), REMOVE("one"), ALERT("all"), KEY_ALERT("one"), OWNER_ALERT("all"),
        TOGGLE(null), ROTATE(null), RESUME(null), RELEASE(null), CREATE(null), UPDATE(null), LOOKUP(null), RECREATE(null);

        /** As in a receipt or a suspension; {@code null}: it writes none. */
        final String operation;

        Kind(String operation) {
            this.operation = operation;
        }

        boolean canSuspend() {
            return operation != null && this != REMOVE;
        }

        /** How many keys it names at most. */
        int mostKeys() {
            return switch (this) {
                case SEVERAL -> 6;
                case ROTATE -> 3;
                case REMOVE, TOGGLE, LOOKUP, UPDATE, KEY_ALERT, OWNER_ALERT, PREFIX -> 1;
                default -> 0;
            };
        }
    }

    /** An alert that names a key, alone or for its owner's other keys, too. */
    boolean isAlertOfKey() {
        return kind == Kind.KEY_ALERT || kind == Kind.OWNER_ALERT;
    }

    boolean isAlert() {
        return isAlertOfKey() || kind == Kind.ALERT;
    }

    /** By which the one key is named. */
    Key.Secret secret() {
        return secrets.get(0);
    }

    /** Where an alert says that the key was found: by this, its receipt is found. */
    String url() {
        return URL + name;
    }

    static Order of(Kind kind, String account, List<Key.Secret> secrets) {
        return of(kind, account, secrets, null, null);
    }

    static Order of(Kind kind, String account, List<Key.Secret> secrets, BigDecimal number, String of) {
        return new Order(kind, false, account, UUID.randomUUID().toString(), secrets, Instant.now(), number, of);
    }

    /** @param name of the new key */
    static Order create(String account, String name, BigDecimal amount) {
        return new Order(Kind.CREATE, false, account, name, List.of(), Instant.now(), amount, null);
    }

    /** The same selection or names, to be disabled and not deleted. */
    Order suspending() {
        return new Order(kind, true, account, name, secrets, detectedAt, number, of);
    }
}
