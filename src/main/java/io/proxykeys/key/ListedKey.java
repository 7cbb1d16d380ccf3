package io.proxykeys.key;

import com.fasterxml.jackson.core.JsonGenerator;
import io.proxykeys.json.Cursor;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.io.IOException;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.List;
import java.util.UUID;

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
 * @param suspendedBy the suspension that disabled it; {@code null}: none
 * @param rotatedAt when it got its secret by a rotation; {@code null}: it has its first one
 * @param previousValidUntil until when the secret before that works, or worked; {@code null}: there is none
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
        Instant lastUsed,
        UUID suspendedBy,
        Instant rotatedAt,
        Instant previousValidUntil) implements PagedKey {

    private static final long NEVER = -1;

    /** A key that was just created. */
    public static ListedKey unused(String name, String id, Instant expiresAt, BigDecimal allocated, boolean active,
            List<String> modelWhitelist, List<String> ipWhitelist, Instant createdAt) {
        return new ListedKey(name, id, expiresAt, allocated, BigDecimal.ZERO.setScale(allocated.scale()), active, modelWhitelist,
                ipWhitelist,
                createdAt, null, null, null, null);
    }

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
        json.writeNumberField("expires_at", expiry());
        json.writeNumberField("allocated_ammount", allocated);
        json.writeNumberField("used_ammount", used);
        json.writeBooleanField("is_active", active);
        strings(json, "model_whitelist", modelWhitelist);
        strings(json, "ip_whitelist", ipWhitelist);
        json.writeNumberField("created_at", createdAt.getEpochSecond());
        time(json, "last_used", lastUsed);
        time(json, "rotated_at", rotatedAt);
        boolean overlaps = previousValidUntil != null && previousValidUntil.isAfter(Instant.now());
        time(json, "overlap_until", overlaps ? previousValidUntil : null);
        json.writeStringField("suspension_id", suspendedBy == null ? null : suspendedBy.toString());
    }

    /** The second before 1970 is told as the one before it: what has expired must not look as if it never did. */
    private long expiry() {
        if (expiresAt == null) {
            return NEVER;
        }
        long second = expiresAt.getEpochSecond();
        return second == NEVER ? NEVER - 1 : second;
    }

    private static void time(JsonGenerator json, String name, Instant time) throws IOException {
        if (time == null) {
            json.writeNullField(name);
        } else {
            json.writeNumberField(name, time.getEpochSecond());
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
