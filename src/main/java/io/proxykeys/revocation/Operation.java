package io.proxykeys.revocation;

import java.util.Locale;

/** Which keys a revocation takes. The predicates are in the database function {@code proxy_key_selected}. */
public enum Operation {

    /** Every key of the account. */
    ALL,
    /** Keys whose {@code expires_at} has passed. */
    EXPIRED,
    /** Keys that are disabled. */
    INACTIVE,
    /** Keys nothing was spent with. */
    NEVER_USED;

    /** As it stands in {@code revocation.operation} and in the query parameter {@code status}. */
    public String code() {
        return name().toLowerCase(Locale.ROOT);
    }
}
