package io.proxykeys.key;

import com.fasterxml.jackson.core.JsonGenerator;
import io.proxykeys.http.Cursor;
import io.proxykeys.json.JsonText;
import java.io.IOException;
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
public record ListedKey(
        String name,
        String key,
        long expiresAt,
        BigDecimal allocated,
        BigDecimal used,
        boolean active,
        String modelWhitelist,
        String ipWhitelist,
        long createdAt,
        Long lastUsed) implements JsonText.Value {

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
    public static Cursor placeOf(Object[] row) {
        return new Cursor((Long) row[10], (String) row[1]);
    }

    @Override
    public void members(JsonGenerator json) throws IOException {
        json.writeStringField("name", name);
        json.writeStringField("key", key);
        json.writeNumberField("expires_at", expiresAt);
        json.writeNumberField("allocated_ammount", allocated);
        json.writeNumberField("used_ammount", used);
        json.writeBooleanField("is_active", active);
        json.writeFieldName("model_whitelist");
        json.writeRawValue(modelWhitelist);
        json.writeFieldName("ip_whitelist");
        json.writeRawValue(ipWhitelist);
        json.writeNumberField("created_at", createdAt);
        if (lastUsed == null) {
            json.writeNullField("last_used");
        } else {
            json.writeNumberField("last_used", lastUsed);
        }
    }
}
