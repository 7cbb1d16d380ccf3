package io.proxykeys.key;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.time.Instant;
import org.hibernate.annotations.Immutable;

/**
 * A delegated sub-key holding credits of its account: a row of {@code proxy_key}.
 *
 * <p>Read with it, never written: creating, spending and deleting are functions of the database ({@code db/migration}).
 */
@Entity
@Immutable
@Table(name = "proxy_key")
public class ProxyKey extends KeySettings {

    /** Public identifier ({@code ek-proxy-…}): good for managing the key, useless for calling a model. */
    @Id
    @Column(name = "id", columnDefinition = "text")
    String id;

    @Column(name = "account_id", nullable = false, columnDefinition = "text")
    String accountId;

    /** Until when the secret before this one works, or worked; {@code null}: there is none. */
    @Column(name = "previous_valid_until")
    Instant previousValidUntil;
}
