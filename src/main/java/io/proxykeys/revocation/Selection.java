package io.proxykeys.revocation;

import java.util.Locale;
import java.util.Optional;

/** Several keys of an account that a deletion takes at once. The predicates are in the database function {@code proxy_key_selected}. */
public enum Selection {

    /** Every key of the account. */
    ALL,
    /** Keys whose {@code expires_at} has passed. */
    EXPIRED,
    /** Keys that are disabled. */
    INACTIVE,
    /** Keys nothing was spent with. */
    NEVER_USED;

    private static final String STATUS = "status=";

    /**
     * The keys that a query asks for: all without a query, else those of {@code status=expired}, {@code inactive} or
     * {@code never_used}. Compared as it is and not decoded: a typo must never delete everything.
     *
     * @return empty for any other query
     */
    public static Optional<Selection> ofQuery(String rawQuery) {
        return switch (rawQuery) {
            case "" -> Optional.of(ALL);
            case STATUS + "expired" -> Optional.of(EXPIRED);
            case STATUS + "inactive" -> Optional.of(INACTIVE);
            case STATUS + "never_used" -> Optional.of(NEVER_USED);
            default -> Optional.empty();
        };
    }

    /** As it stands in {@code revocation.operation}. */
    public String code() {
        return name().toLowerCase(Locale.ROOT);
    }
}
