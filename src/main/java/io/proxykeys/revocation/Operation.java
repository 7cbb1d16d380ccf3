package io.proxykeys.revocation;

import io.proxykeys.problem.ProblemException;
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
    NEVER_USED,
    /** A single key, named by the caller. */
    ONE;

    private static final String STATUS = "status=";

    /**
     * The keys that a query asks for: all without a query, else those of {@code status=expired}, {@code inactive} or
     * {@code never_used}. Compared as it is and not decoded: a typo must never delete everything.
     */
    public static Operation ofQuery(String rawQuery) {
        if (rawQuery.isEmpty()) {
            return ALL;
        }
        return switch (rawQuery) {
            case STATUS + "expired" -> EXPIRED;
            case STATUS + "inactive" -> INACTIVE;
            case STATUS + "never_used" -> NEVER_USED;
            default -> throw ProblemException.malformed(
                    "The query must be empty (all keys), or status=expired, status=inactive or status=never_used, once."
                            + " Nothing was deleted.");
        };
    }

    /** As it stands in {@code revocation.operation}. */
    public String code() {
        return name().toLowerCase(Locale.ROOT);
    }
}
