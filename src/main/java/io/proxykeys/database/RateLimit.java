package io.proxykeys.database;

import io.vertx.sqlclient.Tuple;

/**
 * How often an account may call an operation.
 *
 * @param bucket as it stands in {@code rate_limit.bucket}
 * @param perMinute in the long run; 0: as often as it likes
 * @param burst how many calls may come at once, from 1
 */
public record RateLimit(String bucket, int perMinute, int burst) {

    /** The last parameters of every statement that is limited: {@code bucket}, {@code calls_per_minute}, {@code burst}. */
    public Tuple addTo(Tuple parameters) {
        return parameters.addString(bucket).addInteger(perMinute).addInteger(burst);
    }
}
