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
    public UUID id;

    /** By value: the receipt outlives its account. */
    @Column(name = "account_id", nullable = false, columnDefinition = "text")
    public String accountId;

    /** {@code request} or {@code alert}. */
    @Column(name = "trigger", nullable = false, columnDefinition = "text")
    public String trigger;

    /** As in {@link ListedReceipt}. */
    @Column(name = "operation", nullable = false, columnDefinition = "text")
    public String operation;

    /** Removing one key: what the caller named it, hashed with {@link #id}; tells a repeat from another key. */
    @Column(name = "target_fingerprint")
    public byte[] targetFingerprint;

    /** The request's {@code Idempotency-Key}, or what makes an alert the same: the id of its envelope, or a digest. */
    @Column(name = "dedupe_key", columnDefinition = "text")
    public String dedupeKey;

    /** The token's {@code azp} or {@code client_id}; the source of the alert. */
    @Column(name = "requested_by", columnDefinition = "text")
    public String requestedBy;

    /** The token's {@code sub}. */
    @Column(name = "subject", columnDefinition = "text")
    public String subject;

    /** What the names of the selected keys begin with. */
    @Column(name = "name_prefix", columnDefinition = "text")
    public String namePrefix;

    /** Of keys that were named in a list: how many names were no live key. */
    @Column(name = "keys_not_found")
    public Integer keysNotFound;

    /** {@code old_secret}: whose previous secret was revoked. */
    @Column(name = "rotated_key_id", columnDefinition = "text")
    public String rotatedKeyId;

    @Column(name = "reason", columnDefinition = "text")
    public String reason;

    /** An alert: who found the key. */
    @Column(name = "reported_by", columnDefinition = "text")
    public String reportedBy;

    /** An alert: where the key was found. */
    @Column(name = "url", columnDefinition = "text")
    public String url;

    @Column(name = "keys_deleted", nullable = false)
    public int keysDeleted;

    /** An alert: how many keys were newer than what was detected, and stayed. */
    @Column(name = "keys_spared", nullable = false)
    public int keysSpared;

    @Column(name = "credits_returned", nullable = false, precision = 26, scale = 6)
    public BigDecimal creditsReturned;

    @Column(name = "balance_after", nullable = false, precision = 26, scale = 6)
    public BigDecimal balanceAfter;

    @Column(name = "revoked_at", nullable = false)
    public Instant revokedAt;

    /** What came back to the balance after the deletion, from holds that were settled later. */
    @Column(name = "credits_settled_later", nullable = false, precision = 26, scale = 6)
    public BigDecimal creditsSettledLater;
}
