package io.proxykeys.key;

import com.fasterxml.jackson.core.JsonGenerator;
import io.proxykeys.json.Cursor;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.io.IOException;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.List;

/**
 * A key as its owner sees it. The components are named like the members of {@link KeySettings}, from which they are
 * read; the JSON members as clients of this API family read them ("ammount" included).
 *
 * @param name at most 25 characters; may be {@code null}
 * @param id the public identifier: good for managing the key, useless for calling a model
 * @param expiresAt {@code null}: never
 * @param allocated credits moved into the key; six decimals
 * @param used credits spent with it; six decimals
 * @param active whether it can be spent with
 * @param modelWhitelist may contain {@code null}
 * @param ipWhitelist may contain {@code null}
 * @param createdAt in microseconds
 * @param lastUsed {@code null}: never
 */
@RegisterForReflection // made by Hibernate, from a row
public record ListedKey(
        String name,
        String id,
        Instant expiresAt,
        BigDecimal allocated,
        BigDecimal used,
        boolean active,
        List<String> modelWhitelist,
        List<String> ipWhitelist,
        Instant createdAt,
        Instant lastUsed) implements Placed {

    private static final long NEVER = -1;

    @Override
    public Cursor place() {
        return Cursor.of(createdAt, id);
    }

    @Override
    public void members(JsonGenerator json) throws IOException {
        members(json, id);
    }

    /** @param key what the member {@code key} has */
    void members(JsonGenerator json, String key) throws IOException {
        json.writeStringField("name", name);
        json.writeStringField("key", key);
        json.writeNumberField("expires_at", expiresAt == null ? NEVER : expiresAt.getEpochSecond());
        json.writeNumberField("allocated_ammount", allocated);
        json.writeNumberField("used_ammount", used);
        json.writeBooleanField("is_active", active);
        strings(json, "model_whitelist", modelWhitelist);
        strings(json, "ip_whitelist", ipWhitelist);
        json.writeNumberField("created_at", createdAt.getEpochSecond());
        if (lastUsed == null) {
            json.writeNullField("last_used");
        } else {
            json.writeNumberField("last_used", lastUsed.getEpochSecond());
        }
    }

    private static void strings(JsonGenerator json, String name, List<String> values) throws IOException {
        json.writeArrayFieldStart(name);
        for (String value : values) {
            json.writeString(value);
        }
        json.writeEndArray();
    }
}
