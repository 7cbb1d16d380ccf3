package io.proxykeys.operation.recreate;

import com.fasterxml.jackson.databind.JsonNode;
import io.proxykeys.http.JsonBody;
import io.proxykeys.key.KeyReference;
import io.proxykeys.key.NewKey;
import io.proxykeys.key.NewKeys;
import io.proxykeys.operation.KeyFields;
import io.proxykeys.problem.ProblemException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.regex.Pattern;

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

    private static final int MAX_IDENTIFIER = 256;
    private static final Pattern ID = Pattern.compile("[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}");

    /** Reads it from a body; a 422 {@link ProblemException} if a field is missing or malformed. */
    static Recreation of(JsonBody body, NewKeys newKeys) {
        UUID receipt = body.field("revocation_id").filter(JsonNode::isTextual).map(JsonNode::textValue)
                .filter(id -> ID.matcher(id).matches()).map(UUID::fromString)
                .orElseThrow(() -> KeyFields.invalid("revocation_id must be the revocation_id of a receipt"));
        Optional<List<String>> named = body.field("proxy_keys").map(Recreation::identifiers);
        return new Recreation(receipt, named, newKeys.next(named.map(List::size).orElse(MAX_KEYS)));
    }

    private static List<String> identifiers(JsonNode array) {
        Set<String> identifiers = new LinkedHashSet<>();
        for (JsonNode value : array) {
            String text = value.isTextual() ? value.textValue() : "";
            if (text.isEmpty() || text.codePointCount(0, text.length()) > MAX_IDENTIFIER) {
                throw malformed();
            }
            if (KeyReference.of(text).id() == null) {
                throw unlisted();
            }
            identifiers.add(text);
        }
        if (!array.isArray() || identifiers.isEmpty() || identifiers.size() > MAX_KEYS) {
            throw malformed();
        }
        return new ArrayList<>(identifiers);
    }

    private static ProblemException malformed() {
        return KeyFields.invalid(
                "proxy_keys must be an array of 1 to 1000 strings of 1 to 256 characters, the identifiers of deleted keys");
    }

    /** A key that is named is not in the receipt. */
    static ProblemException unlisted() {
        return KeyFields.invalid("proxy_keys names a key that is not in this receipt");
    }
}
