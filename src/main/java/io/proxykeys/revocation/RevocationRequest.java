package io.proxykeys.revocation;

import io.proxykeys.auth.Caller;
import io.proxykeys.key.KeyReference;
import java.util.Optional;
import java.util.UUID;
import org.hibernate.id.uuid.UuidVersion7Strategy;

/** What a person wants revoked, and who asks for it. What alerts want is an {@link AlertRequest}. */
public sealed interface RevocationRequest {

    /**
     * The receipt's id, chosen before the transaction begins: a retry of a transaction whose outcome is unknown looks for it
     * instead of writing a second receipt (UUID version 7, RFC 9562).
     */
    UUID id();

    /** The account id, of a verified token. */
    String account();

    /** As it stands in {@code revocation.operation}. */
    String operation();

    /** The request's {@code Idempotency-Key}; empty: every call is a new revocation. */
    Optional<String> dedupeKey();

    /** The client the token was issued to. */
    Optional<String> requestedBy();

    /** The limit that the call counts against; empty: none. */
    Optional<Bucket> bucket();

    /** The one key to delete; empty: several are selected by the operation. */
    default Optional<KeyReference> target() {
        return Optional.empty();
    }

    /** How long no new key may be created, from 0. */
    default int blockNewKeysSeconds() {
        return 0;
    }

    /** A new id for a receipt, greater than those made before it. */
    static UUID newId() {
        return UuidVersion7Strategy.INSTANCE.generateUuid(null);
    }

    /** A person's deletion of all keys of their account, or a selection of them. */
    record OfSelection(UUID id, String account, Selection selection, int blockNewKeysSeconds, Optional<String> dedupeKey,
            Optional<String> requestedBy) implements RevocationRequest {

        public static OfSelection by(Caller caller, Selection selection, int blockNewKeysSeconds, Optional<String> idempotencyKey) {
            return new OfSelection(newId(), caller.account(), selection, blockNewKeysSeconds, idempotencyKey,
                    Optional.ofNullable(caller.client()));
        }

        @Override
        public String operation() {
            return selection.code();
        }

        @Override
        public Optional<Bucket> bucket() {
            return Optional.of(Bucket.DELETE_ALL);
        }
    }

    /** A person's removal of one key. */
    record OfOneKey(UUID id, String account, KeyReference key, Optional<String> dedupeKey, Optional<String> requestedBy)
            implements
                RevocationRequest {

        public static OfOneKey by(Caller caller, KeyReference key, Optional<String> idempotencyKey) {
            return new OfOneKey(newId(), caller.account(), key, idempotencyKey, Optional.ofNullable(caller.client()));
        }

        @Override
        public String operation() {
            return "one";
        }

        @Override
        public Optional<KeyReference> target() {
            return Optional.of(key);
        }

        @Override
        public Optional<Bucket> bucket() {
            return Optional.of(Bucket.REMOVE);
        }
    }
}
