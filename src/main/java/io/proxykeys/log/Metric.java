package io.proxykeys.log;

/**
 * A metric that CloudWatch takes from lines of the log, in the namespace {@code ProxyKeys}. All have the dimension
 * {@code FunctionName}; none has an account or a key for a dimension.
 */
public enum Metric {
    /** Keys that one revocation deleted. */
    KEYS_DELETED("KeysDeleted", "Count"),
    /** Credits that one revocation returned to the balance. */
    CREDITS_RETURNED("CreditsReturned", "None"),
    /** Keys that one suspension disabled. */
    KEYS_SUSPENDED("KeysSuspended", "Count"),
    /** Keys that got a new secret in one call. */
    KEYS_ROTATED("KeysRotated", "Count"),
    /** Revocations that were carried out, also by {@code trigger} and {@code operation}; repeats do not count. */
    REVOCATIONS("Revocations", "Count"),
    /** From the detection of a leak to the receipt of its revocation. */
    ALERT_AGE("AlertAge", "Milliseconds"),
    /** Alerts, and tokens in reports, that name a key which does not live. */
    UNKNOWN_LEAKED_KEYS("UnknownLeakedKeys", "Count"),
    /** Calls answered 401 (with a token), 403, 429 or 5xx, also by {@code status}. */
    REFUSED_CALLS("RefusedCalls", "Count"),
    /** Calls, alerts and maintenance that the database kept from being carried out. */
    DATABASE_UNAVAILABLE("DatabaseUnavailable", "Count"),
    /** Keys in reports that could not be revoked, or of which that is not known: each is in the log and has to be revoked by hand. */
    LEAKS_NOT_REVOKED("LeaksNotRevoked", "Count"),
    /** Starts of an instance. */
    COLD_START("ColdStart", "Count");

    private final String code;
    private final String unit;

    Metric(String code, String unit) {
        this.code = code;
        this.unit = unit;
    }

    String code() {
        return code;
    }

    String unit() {
        return unit;
    }
}
