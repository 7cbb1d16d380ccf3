package io.proxykeys.revocation;

import com.fasterxml.jackson.core.JsonGenerator;
import io.proxykeys.json.Cursor;
import io.proxykeys.key.ListedKey;
import io.proxykeys.key.PagedKey;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.io.IOException;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.List;
import java.util.UUID;

/**
 * A deleted key as a receipt lists it: a {@link ListedKey} as it was, with one member more; no overlap runs, because no
 * secret of a deleted key works. The components are named like the members of
 * {@link RevokedKey}, from which they are read.
 *
 * @param held what of {@code used} was on hold when the key was deleted; six decimals
 */
@RegisterForReflection // made by Hibernate, from a row
public record ListedRevokedKey(
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
        BigDecimal held) implements PagedKey {

    @Override
    public Cursor place() {
        return key().place();
    }

    @Override
    public void members(JsonGenerator json) throws IOException {
        key().members(json);
        json.writeNumberField("held_ammount", held);
    }

    private ListedKey key() {
        return new ListedKey(name, id, expiresAt, allocated, used, active, modelWhitelist, ipWhitelist, createdAt, lastUsed, suspendedBy,
                rotatedAt, null);
    }
}
