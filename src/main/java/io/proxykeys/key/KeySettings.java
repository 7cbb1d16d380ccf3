package io.proxykeys.key;

import jakarta.persistence.Column;
import jakarta.persistence.MappedSuperclass;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.List;
import java.util.UUID;

/** What a key is made of, live or deleted: the columns that {@code proxy_key} and {@code revoked_key} have in common. */
@MappedSuperclass
public abstract class KeySettings {

    /** At most 25 characters. */
    @Column(name = "name", columnDefinition = "text")
    String name;

    /** Credits moved out of the balance into this key; zero or more, six decimals. */
    @Column(name = "allocated", nullable = false, precision = 20, scale = 6)
    BigDecimal allocated;

    /** Credits spent with this key; from zero to {@link #allocated}. */
    @Column(name = "used", nullable = false, precision = 20, scale = 6)
    BigDecimal used;

    @Column(name = "is_active", nullable = false)
    boolean active;

    /** {@code null}: never. */
    @Column(name = "expires_at")
    Instant expiresAt;

    @Column(name = "model_whitelist", nullable = false, columnDefinition = "_text")
    List<String> modelWhitelist;

    @Column(name = "ip_whitelist", nullable = false, columnDefinition = "_text")
    List<String> ipWhitelist;

    @Column(name = "created_at", nullable = false)
    Instant createdAt;

    /** {@code null}: never used. */
    @Column(name = "last_used")
    Instant lastUsed;

    /** The suspension that disabled the key; {@code null}: none. */
    @Column(name = "suspended_by")
    UUID suspendedBy;

    /** When it got its secret by a rotation; {@code null}: it has its first one. */
    @Column(name = "rotated_at")
    Instant rotatedAt;
}
