package io.proxykeys.account;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.math.BigDecimal;
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
    String id;

    /** Credits not in any key; zero or more, six decimals. */
    @Column(name = "balance", nullable = false, precision = 26, scale = 6)
    BigDecimal balance;
}
