package io.proxykeys.revocation;

import java.util.Locale;
import java.util.Optional;

/**
 * Several keys of an account that an operation takes at once: those that have a state, a beginning of their name, or both. The predicates
 * are in the database function {@code key_is_selected}.
 *
 * @param namePrefix what their names begin with, 1 to 25 characters, compared as they are; empty: any
 */
public record Selection(Status status, Optional<String> namePrefix) {

    /** Every key of the account. */
    public static final Selection ALL = new Selection(Status.ALL, Optional.empty());

    /** The state of a key. */
    public enum Status {

        /** Any. */
        ALL,
        /** Its {@code expires_at} has passed. */
        EXPIRED,
        /** It is disabled, and by no suspension. */
        INACTIVE,
        /** A suspension has disabled it. */
        SUSPENDED,
        /** Nothing was spent with it. */
        NEVER_USED;

        /** As it stands in a query, and in {@code revocation.operation}. */
        public String code() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** As it stands in {@code revocation.operation}. */
    public String operation() {
        return status == Status.ALL && namePrefix.isPresent() ? "prefix" : status.code();
    }
}
