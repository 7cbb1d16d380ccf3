package io.proxykeys.revocation;

import io.proxykeys.auth.Caller;
import io.proxykeys.key.KeyReference;
import java.time.Instant;
import java.util.Locale;
import java.util.UUID;
import org.hibernate.id.uuid.UuidVersion7Strategy;

/**
 * What is to be revoked, on whose word.
 *
 * @param id the receipt's id, chosen before the transaction begins: a retry of a transaction whose fate is unknown looks
 *           for it instead of writing a second receipt (UUID version 7, RFC 9562)
 * @param account the account id, of a verified token or an alert
 * @param trigger a person's request or an alert
 * @param operation which keys
 * @param target the key to delete, for {@link Operation#ONE}; else {@code null}
 * @param dedupeKey the request's {@code Idempotency-Key} or the id of the alert; {@code null}: every call is a new revocation
 * @param requestedBy the client the token was issued to, or the source of the alert; may be {@code null}
 * @param reason of the alert; may be {@code null}
 * @param createdUntil keys made later are spared; {@code null}: none is
 * @param blockNewKeysSeconds how long no new key may be created, from 0
 * @param awsRequestId for the log
 */
public record RevocationRequest(UUID id, String account, Trigger trigger, Operation operation, KeyReference target,
        String dedupeKey, String requestedBy, String reason, Instant createdUntil, int blockNewKeysSeconds,
        String awsRequestId) {

    /** Who asked. */
    public enum Trigger {
        REQUEST, ALERT;

        /** As it stands in {@code revocation.trigger}. */
        String code() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    public static RevocationRequest request(Caller caller, Operation operation, KeyReference target, String idempotencyKey,
            String awsRequestId) {
        return new RevocationRequest(newId(), caller.account(), Trigger.REQUEST, operation, target, idempotencyKey,
                caller.client(), null, null, 0, awsRequestId);
    }

    /** Every key of an account that was made until something was detected. */
    public static RevocationRequest alert(String account, String alertId, String source, String reason, Instant detectedAt,
            int blockNewKeysSeconds, String awsRequestId) {
        return new RevocationRequest(newId(), account, Trigger.ALERT, Operation.ALL, null, alertId, source, reason, detectedAt,
                blockNewKeysSeconds, awsRequestId);
    }

    private static UUID newId() {
        return UuidVersion7Strategy.INSTANCE.generateUuid(null);
    }
}
