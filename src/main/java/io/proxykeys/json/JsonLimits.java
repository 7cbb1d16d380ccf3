package io.proxykeys.json;

import com.fasterxml.jackson.core.StreamReadConstraints;

/** How much of JSON is read. */
public final class JsonLimits {

    /**
     * No limit on depth, names and numbers, for what is bounded already (an event of Lambda, a report of a mebibyte): what Jackson would
     * refuse in a part that nobody needs must not keep the rest from being carried out.
     */
    public static final StreamReadConstraints NONE = StreamReadConstraints.builder()
            .maxNestingDepth(Integer.MAX_VALUE).maxNumberLength(Integer.MAX_VALUE).maxNameLength(Integer.MAX_VALUE).build();

    private JsonLimits() {
    }
}
