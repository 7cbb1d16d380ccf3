package io.proxykeys.operation.recreate;

import io.proxykeys.http.JsonBody;
import io.proxykeys.key.KeyReference;
import io.proxykeys.key.NewKey;
import io.proxykeys.key.NewKeys;
import io.proxykeys.operation.KeyFields;
import io.proxykeys.problem.ProblemException;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * What is to be recreated, and what the new keys will be known by: chosen before the transaction begins, and as many as there may be.
 *
 * @param receipt of the deletion
 * @param named the identifiers of the keys to recreate, each once; empty: all that can be
 * @param newKeys one for each key, the oldest first
 */
record Recreation(UUID receipt, Optional<List<String>> named, List<NewKey> newKeys) {

    /** How many keys one call recreates. */
    static final int MAX_KEYS = 1_000;

    /** Reads it from a body; a 422 {@link ProblemException} if a field is missing or malformed. */
    static Recreation of(JsonBody body, NewKeys newKeys) {
        UUID receipt = body.uuid("revocation_id")
                .orElseThrow(() -> KeyFields.invalid("revocation_id must be the revocation_id of a receipt"));
        Optional<List<String>> named = body.proxyKeys().map(names -> names.stream().distinct().toList());
        if (named.stream().flatMap(List::stream).anyMatch(text -> KeyReference.of(text).id() == null)) {
            throw unlisted();
        }
        return new Recreation(receipt, named, newKeys.next(named.map(List::size).orElse(MAX_KEYS)));
    }

    /** A key that is named is not in the receipt. */
    static ProblemException unlisted() {
        return KeyFields.invalid("proxy_keys names a key that is not in this receipt");
    }
}
