package io.proxykeys.revocation;

import io.proxykeys.key.KeySettings;
import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.IdClass;
import jakarta.persistence.Table;
import java.math.BigDecimal;
import java.util.UUID;
import org.hibernate.annotations.Immutable;

/**
 * The settings of one deleted key as they were, enough to recreate it: a row of {@code revoked_key}. Never a secret or
 * its hash.
 */
@Entity
@Immutable
@Table(name = "revoked_key")
@IdClass(RevokedKey.Id.class)
public class RevokedKey extends KeySettings {

    /** A key is deleted once, by one revocation. */
    public record Id(UUID revocationId, String id) {
    }

    @jakarta.persistence.Id
    @Column(name = "revocation_id")
    UUID revocationId;

    @jakarta.persistence.Id
    @Column(name = "id", columnDefinition = "text")
    String id;

    /** What of {@code used} was on hold when the key was deleted. */
    @Column(name = "held", nullable = false, precision = 20, scale = 6)
    BigDecimal held;
}
