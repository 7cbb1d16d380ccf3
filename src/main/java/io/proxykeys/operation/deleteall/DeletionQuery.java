package io.proxykeys.operation.deleteall;

import io.proxykeys.revocation.Selection;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The query of a deletion: which keys, and how long new ones are blocked.
 *
 * @param blockNewKeysSeconds 0 (no block) to 3,600
 */
record DeletionQuery(Selection selection, int blockNewKeysSeconds) {

    private static final int LONGEST_BLOCK = 3_600;

    /** Digits as a number is written: no sign, and no leading zero. */
    private static final Pattern WITH_BLOCK = Pattern.compile(
            "(?:(?<selection>status=[a-z_]+)&)?block_new_keys_seconds=(?<seconds>0|[1-9][0-9]{0,3})");

    /**
     * Reads a query: what {@link Selection#ofQuery} reads, {@code block_new_keys_seconds=} with a number, or both in this order. Compared
     * as it is and not decoded: a typo must never delete everything.
     *
     * @return empty for any other query
     */
    static Optional<DeletionQuery> of(String rawQuery) {
        Matcher query = WITH_BLOCK.matcher(rawQuery);
        if (!query.matches()) {
            return Selection.ofQuery(rawQuery).map(selection -> new DeletionQuery(selection, 0));
        }
        int seconds = Integer.parseInt(query.group("seconds"));
        return Selection.ofQuery(Objects.requireNonNullElse(query.group("selection"), ""))
                .filter(selection -> seconds <= LONGEST_BLOCK)
                .map(selection -> new DeletionQuery(selection, seconds));
    }
}
