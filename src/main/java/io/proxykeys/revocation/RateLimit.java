package io.proxykeys.revocation;

/**
 * How often an account may call an operation.
 *
 * @param bucket as it stands in {@code rate_limit.bucket}
 * @param perMinute in the long run; 0: as often as it likes
 * @param burst how many calls may come at once, from 1
 */
public record RateLimit(String bucket, int perMinute, int burst) {

    /** For what is never limited. */
    static final RateLimit NONE = new RateLimit("none", 0, 1);
}
