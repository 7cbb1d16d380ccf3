package io.proxykeys.revocation;

import io.proxykeys.auth.Caller;
import io.proxykeys.database.Bucket;
import io.proxykeys.database.RateLimit;
import io.proxykeys.key.NamedKeys;
import io.vertx.sqlclient.Tuple;
import java.util.Optional;
import java.util.UUID;

/**
 * What a person wants revoked or suspended, and who asks for it. What alerts want is an {@link AlertRequest}.
 *
 * @param id of the receipt or the suspension, chosen before the transaction begins: a retry of a transaction whose outcome is unknown looks
 *           for it instead of writing a second one (UUID version 7, RFC 9562)
 * @param operation as it stands in {@code revocation.operation}
 * @param namePrefix what the names of the selected keys begin with; empty: any
 * @param named the keys, if they are named and not selected
 * @param blockNewKeysSeconds how long no new key may be created, from 0
 * @param dedupeKey the request's {@code Idempotency-Key}; empty: every call is a new one
 * @param bucket the limit that the call counts against
 */
public record RevocationRequest(UUID id, Caller caller, String operation, Optional<String> namePrefix, Optional<NamedKeys> named,
        int blockNewKeysSeconds, Optional<String> dedupeKey, Bucket bucket) {

    /** The longest block of new keys, an hour. */
    public static final int LONGEST_BLOCK_SECONDS = 3_600;

    /** The operation on keys that are named, however many. */
    public static final String SEVERAL = "several";

    /** A person's deletion of all keys of their account, or a selection of them. */
    public static RevocationRequest ofSelection(Caller caller, Selection selection, int blockNewKeysSeconds, Optional<String> dedupeKey) {
        return new RevocationRequest(newId(), caller, selection.operation(), selection.namePrefix(), Optional.empty(), blockNewKeysSeconds,
                dedupeKey, Bucket.DELETE_ALL);
    }

    /** A person's removal of keys that are named: of one, which has to be there, or of several. */
    public static RevocationRequest ofNamed(Caller caller, boolean one, NamedKeys named, Optional<String> dedupeKey) {
        return new RevocationRequest(newId(), caller, one ? "one" : SEVERAL, Optional.empty(), Optional.of(named), 0, dedupeKey,
                Bucket.REMOVE);
    }

    /** The same for a suspension, of keys that are named, or of a selection. */
    public static RevocationRequest ofSuspension(Caller caller, Selection selection, Optional<NamedKeys> named, int blockNewKeysSeconds,
            Optional<String> dedupeKey) {
        return new RevocationRequest(newId(), caller, named.isPresent() ? SEVERAL : selection.operation(), selection.namePrefix(), named,
                blockNewKeysSeconds, dedupeKey, Bucket.SUSPEND);
    }

    /** The parameters of its statement, which a deletion and a suspension have in common: 14. */
    public Tuple parameters(RateLimit limit) {
        Tuple parameters = Tuple.tuple().addUUID(id).addString(caller.account()).addString(operation).addString(namePrefix.orElse(null));
        named.ifPresentOrElse(keys -> keys.addTo(parameters).addBuffer(keys.digest()),
                () -> parameters.addValue(null).addValue(null).addValue(null));
        return limit.addTo(parameters.addString(dedupeKey.orElse(null)).addString(caller.client()).addString(caller.subject())
                .addInteger(blockNewKeysSeconds));
    }

    /** A new id for a receipt or a suspension: a UUID version 7 (RFC 9562, section 5.7), so that later ones are greater. */
    public static UUID newId() {
        UUID random = UUID.randomUUID();
        long timeAndVersion = (System.currentTimeMillis() << 16) | 0x7000;
        return new UUID(timeAndVersion | (random.getMostSignificantBits() & 0x0FFF), random.getLeastSignificantBits());
    }
}
