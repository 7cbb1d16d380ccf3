package io.proxykeys.account;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.math.BigDecimal;
import java.time.Instant;
import org.hibernate.annotations.Immutable;

/**
 * Owns proxy keys, and the balance that their credits come from: a row of {@code account}.
 *
 * <p>Read with it, never written: balances change in the database functions only ({@code db/migration}), which
 * serialise deletions, toggles and creations by locking this row.
 */
@Entity
@Immutable
@Table(name = "account")
public class Account {

    /** The token's {@code sub}: 1 to 255 characters. */
    @Id
    @Column(name = "id", columnDefinition = "text")
    public String id;

    /** Credits not in any key; zero or more, six decimals. */
    @Column(name = "balance", nullable = false, precision = 26, scale = 6)
    public BigDecimal balance;

    /** Raised whenever keys of this account are deleted, enabled or disabled. A cache with another version is stale. */
    @Column(name = "keys_version", nullable = false)
    public long keysVersion;

    /** No key can be created until then; {@code null}: no block. */
    @Column(name = "new_keys_blocked_until")
    public Instant newKeysBlockedUntil;
}
