package io.proxykeys.revocation;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.UUID;
import org.hibernate.annotations.Immutable;

/**
 * One deletion, whoever asked for it and however many keys it took: a row of {@code revocation}, kept 90 days.
 *
 * <p>Read with it, never written: the row is written by the database function {@code write_receipt} in the transaction that deletes.
 */
@Entity
@Immutable
@Table(name = "revocation")
public class Revocation {

    /** Chosen by the function before the transaction begins, in order of time (UUID version 7, RFC 9562). */
    @Id
    UUID id;

    /** By value: the receipt outlives its account. */
    @Column(name = "account_id", nullable = false, columnDefinition = "text")
    String accountId;

    /** {@code request} or {@code alert}. */
    @Column(name = "trigger", nullable = false, columnDefinition = "text")
    String trigger;

    /** As in {@link ListedReceipt}. */
    @Column(name = "operation", nullable = false, columnDefinition = "text")
    String operation;

    /** The token's {@code azp} or {@code client_id}; the source of the alert. */
    @Column(name = "requested_by", columnDefinition = "text")
    String requestedBy;

    /** The token's {@code sub}. */
    @Column(name = "subject", columnDefinition = "text")
    String subject;

    /** What the names of the selected keys begin with. */
    @Column(name = "name_prefix", columnDefinition = "text")
    String namePrefix;

    /** Of keys that were named in a list: how many names were no live key. */
    @Column(name = "keys_not_found")
    Integer keysNotFound;

    /** {@code old_secret}: whose previous secret was revoked. */
    @Column(name = "rotated_key_id", columnDefinition = "text")
    String rotatedKeyId;

    @Column(name = "reason", columnDefinition = "text")
    String reason;

    /** An alert: who found the key. */
    @Column(name = "reported_by", columnDefinition = "text")
    String reportedBy;

    /** An alert: where the key was found. */
    @Column(name = "url", columnDefinition = "text")
    String url;

    @Column(name = "keys_deleted", nullable = false)
    int keysDeleted;

    /** An alert: how many keys were newer than what was detected, and stayed. */
    @Column(name = "keys_spared", nullable = false)
    int keysSpared;

    @Column(name = "credits_returned", nullable = false, precision = 26, scale = 6)
    BigDecimal creditsReturned;

    @Column(name = "balance_after", nullable = false, precision = 26, scale = 6)
    BigDecimal balanceAfter;

    @Column(name = "revoked_at", nullable = false)
    Instant revokedAt;

    /** What came back to the balance after the deletion, from holds that were settled later. */
    @Column(name = "credits_settled_later", nullable = false, precision = 26, scale = 6)
    BigDecimal creditsSettledLater;
}
