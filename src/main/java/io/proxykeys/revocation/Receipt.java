package io.proxykeys.revocation;

import io.vertx.sqlclient.Row;
import java.math.BigDecimal;
import java.util.List;
import java.util.UUID;

/**
 * What a revocation did, as its receipt in the database says.
 *
 * @param id of the receipt ({@code revocation.id})
 * @param deleted how many keys
 * @param notFound of keys that were named in a list: how many names were no live key of the account; {@code null} for any other deletion
 * @param spared an alert: how many keys were newer than what was detected, and stayed
 * @param creditsReturned the unused credits of those keys, moved into the balance; six decimals
 * @param balance the account's balance after it; six decimals
 * @param revokedAt Unix seconds
 * @param replayed whether an earlier request with the same {@code Idempotency-Key}, or delivery of the same alert, did it
 * @param keyIds for the log: the identifiers of up to 100 of the deleted keys, the oldest first; none if it was replayed
 */
public record Receipt(UUID id, int deleted, Integer notFound, int spared, BigDecimal creditsReturned, BigDecimal balance, long revokedAt,
        boolean replayed, List<String> keyIds) {

    /** The column {@code key_ids} of a result. */
    static List<String> ids(Row row) {
        String[] keyIds = row.getArrayOfStrings("key_ids");
        return keyIds == null ? List.of() : List.of(keyIds);
    }
}
