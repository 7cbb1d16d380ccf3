package io.proxykeys.revocation;

import io.quarkus.hibernate.reactive.panache.PanacheEntityBase;
import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.IdClass;
import jakarta.persistence.Table;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.UUID;

/**
 * The settings of one deleted key as they were, enough to recreate it: a row of {@code revoked_key}. Never a secret or
 * its hash.
 */
@Entity
@Table(name = "revoked_key")
@IdClass(RevokedKey.Id.class)
public class RevokedKey extends PanacheEntityBase {

    /** A key is deleted once, by one revocation. */
    public record Id(UUID revocationId, String id) {
    }

    @jakarta.persistence.Id
    @Column(name = "revocation_id")
    public UUID revocationId;

    @jakarta.persistence.Id
    @Column(name = "id", columnDefinition = "text")
    public String id;

    @Column(name = "name", columnDefinition = "text")
    public String name;

    @Column(name = "allocated", nullable = false, precision = 20, scale = 6)
    public BigDecimal allocated;

    @Column(name = "used", nullable = false, precision = 20, scale = 6)
    public BigDecimal used;

    @Column(name = "is_active", nullable = false)
    public boolean active;

    /** {@code null}: never. */
    @Column(name = "expires_at")
    public Instant expiresAt;

    @Column(name = "model_whitelist", nullable = false, columnDefinition = "_text")
    public String[] modelWhitelist;

    @Column(name = "ip_whitelist", nullable = false, columnDefinition = "_text")
    public String[] ipWhitelist;

    @Column(name = "created_at", nullable = false)
    public Instant createdAt;

    /** {@code null}: never used. */
    @Column(name = "last_used")
    public Instant lastUsed;
}
