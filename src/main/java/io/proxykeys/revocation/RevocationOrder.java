package io.proxykeys.revocation;

import io.proxykeys.access.Caller;
import io.proxykeys.key.KeyReference;
import java.util.UUID;
import org.hibernate.id.uuid.UuidVersion7Strategy;

/**
 * What is to be revoked, on whose word.
 *
 * @param id the receipt's id, chosen before the transaction begins: a retry of a transaction whose fate is unknown looks
 *           for it instead of writing a second receipt
 * @param account the account id, of a verified token
 * @param operation which keys
 * @param target the key to delete, for {@link Operation#ONE}; else {@code null}
 * @param dedupeKey the request's {@code Idempotency-Key}; {@code null}: every call is a new revocation
 * @param requestedBy the client the token was issued to, or {@code null}
 * @param awsRequestId for the log
 */
public record RevocationOrder(UUID id, String account, Operation operation, KeyReference target,
        String dedupeKey, String requestedBy, String awsRequestId) {

    /** As it stands in {@code revocation.trigger}. */
    static final String TRIGGER = "request";

    /** An order with a new receipt id, in order of time (UUID version 7, RFC 9562). */
    static RevocationOrder of(Caller caller, Operation operation, KeyReference target, String dedupeKey, String awsRequestId) {
        return new RevocationOrder(UuidVersion7Strategy.INSTANCE.generateUuid(null), caller.account(), operation, target,
                dedupeKey, caller.client(), awsRequestId);
    }
}
