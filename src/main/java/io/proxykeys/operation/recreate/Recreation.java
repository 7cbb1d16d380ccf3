package io.proxykeys.operation.recreate;

import io.proxykeys.http.JsonBody;
import io.proxykeys.key.KeyReference;
import io.proxykeys.operation.KeyFields;
import io.proxykeys.problem.ProblemException;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * What is to be recreated.
 *
 * @param receipt of the deletion
 * @param named the identifiers of the keys to recreate, each once; empty: all that can be
 */
record Recreation(UUID receipt, Optional<List<String>> named) {

    /** How many keys one call recreates. */
    static final int MAX_KEYS = 1_000;

    /** Reads it from a body; a 422 {@link ProblemException} if a field is missing or malformed. */
    static Recreation of(JsonBody body) {
        UUID receipt = body.uuid("revocation_id")
                .orElseThrow(() -> KeyFields.invalid("revocation_id must be the revocation_id of a receipt"));
        Optional<List<String>> named = body.proxyKeys().map(names -> names.stream().distinct().toList());
        if (named.stream().flatMap(List::stream).anyMatch(text -> KeyReference.of(text).id() == null)) {
            throw unlisted();
        }
        return new Recreation(receipt, named);
    }

    /** A key that is named is not in the receipt. */
    static ProblemException unlisted() {
        return KeyFields.invalid("proxy_keys names a key that is not in this receipt");
    }
}
