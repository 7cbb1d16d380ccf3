package io.proxykeys.operation.create;

import io.proxykeys.key.ListedKey;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.List;

/**
 * What a key shall be.
 *
 * @param name 1 to 25 characters
 * @param allocated six decimals
 * @param expiresAt {@code null}: never
 */
record NewKeySettings(String name, BigDecimal allocated, Instant expiresAt, List<String> modelWhitelist, List<String> ipWhitelist) {

    /** The new key, as a list shows it. */
    ListedKey listed(String id, Instant createdAt) {
        return ListedKey.unused(name, id, expiresAt, allocated, true, modelWhitelist, ipWhitelist, createdAt);
    }
}
