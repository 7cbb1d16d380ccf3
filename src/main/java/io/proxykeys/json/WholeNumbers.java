package io.proxykeys.json;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Optional;

/** Reads whole numbers by their value, however they are written: {@code 100}, {@code 100.0} and {@code 1e2} are the same. */
public final class WholeNumbers {

    private WholeNumbers() {
    }

    /** A whole number from 0; empty if it is none, or greater than this. */
    public static Optional<Integer> upTo(int greatest, JsonNode value) {
        return Optional.of(value).filter(JsonNode::canConvertToExactIntegral).filter(JsonNode::canConvertToInt).map(JsonNode::intValue)
                .filter(number -> number >= 0 && number <= greatest);
    }
}
