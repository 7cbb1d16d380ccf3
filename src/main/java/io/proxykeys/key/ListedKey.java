package io.proxykeys.key;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import com.fasterxml.jackson.annotation.JsonRawValue;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.math.BigDecimal;

/**
 * A key as its owner sees it, live or deleted, in the names that clients of this API family read ("ammount" included).
 *
 * @param name at most 25 characters
 * @param key the public identifier: good for managing the key, useless for calling a model
 * @param expiresAt Unix seconds; -1: never
 * @param allocated credits moved into the key; six decimals
 * @param used credits spent with it; six decimals
 * @param active whether it can be spent with
 * @param modelWhitelist a JSON array
 * @param ipWhitelist a JSON array
 * @param createdAt Unix seconds
 * @param lastUsed Unix seconds; {@code null}: never
 */
@RegisterForReflection
@JsonPropertyOrder({ "name", "key", "expires_at", "allocated_ammount", "used_ammount", "is_active", "model_whitelist",
        "ip_whitelist", "created_at", "last_used" })
public record ListedKey(
        String name,
        String key,
        @JsonProperty("expires_at") long expiresAt,
        @JsonProperty("allocated_ammount") BigDecimal allocated,
        @JsonProperty("used_ammount") BigDecimal used,
        @JsonProperty("is_active") boolean active,
        @JsonProperty("model_whitelist") @JsonRawValue String modelWhitelist,
        @JsonProperty("ip_whitelist") @JsonRawValue String ipWhitelist,
        @JsonProperty("created_at") long createdAt,
        @JsonProperty("last_used") Long lastUsed) {

    /** The columns of {@code proxy_key} and {@code revoked_key} that {@link #of} reads, in its order. */
    public static final String COLUMNS = """
            name, id, CASE WHEN expires_at = '-infinity' THEN 0 ELSE listed_seconds(expires_at, -1) END, allocated, used, is_active, CAST(to_json(model_whitelist) AS text), \
            CAST(to_json(ip_whitelist) AS text), listed_seconds(created_at, 0), listed_seconds(last_used, NULL), \
            CAST(extract(epoch FROM created_at) * 1000000 AS bigint)""";

    /** A row of {@link #COLUMNS}. */
    public static ListedKey of(Object[] row) {
        return new ListedKey((String) row[0], (String) row[1], (Long) row[2], (BigDecimal) row[3], (BigDecimal) row[4],
                (Boolean) row[5], (String) row[6], (String) row[7], (Long) row[8], (Long) row[9]);
    }

    /** The place of a row of {@link #COLUMNS} in the order of creation, then key. */
    public static Place placeOf(Object[] row) {
        return new Place((Long) row[10], (String) row[1]);
    }
}
