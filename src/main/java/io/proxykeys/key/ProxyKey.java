package io.proxykeys.key;

import io.quarkus.hibernate.reactive.panache.PanacheEntityBase;
import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.math.BigDecimal;
import java.time.Instant;

/**
 * A delegated sub-key holding credits of its account: a row of {@code proxy_key}.
 *
 * <p>Read with it, never written: creating, spending and deleting are functions of the database ({@code db/migration}).
 */
@Entity
@Table(name = "proxy_key")
public class ProxyKey extends PanacheEntityBase {

    /** Public identifier ({@code ek-proxy-…}): good for managing the key, useless for calling a model. */
    @Id
    @Column(name = "id", columnDefinition = "text")
    public String id;

    @Column(name = "account_id", nullable = false, columnDefinition = "text")
    public String accountId;

    /** At most 25 characters. */
    @Column(name = "name", columnDefinition = "text")
    public String name;

    /** SHA-256 of the full secret, which is stored nowhere. */
    @Column(name = "secret_hash", nullable = false, unique = true)
    public byte[] secretHash;

    /** Credits moved out of the balance into this key; zero or more, six decimals. */
    @Column(name = "allocated", nullable = false, precision = 20, scale = 6)
    public BigDecimal allocated;

    /** Credits spent with this key; from zero to {@link #allocated}. */
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
