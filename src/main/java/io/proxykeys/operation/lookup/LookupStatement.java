package io.proxykeys.operation.lookup;

import io.proxykeys.database.AccountChange;
import io.proxykeys.database.AccountLock;
import io.proxykeys.database.RateLimit;
import io.proxykeys.key.KeyReference;
import io.proxykeys.key.ListedKey;
import io.proxykeys.key.Refusals;
import io.proxykeys.problem.ProblemException;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.Tuple;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Arrays;
import java.util.function.Supplier;

/** The second statement of a look-up: {@code db/migration/R__5_life_of_a_key.sql}. */
final class LookupStatement {

    /** Without the lock, no key is found to be the caller's. */
    private static final String SQL = """
            SELECT found.*, k.rotated_at, k.previous_valid_until, k.suspended_by
              FROM look_up_proxy_key(
                       account_id => %s,
                       target_id => $2,
                       target_hash => $3,
                       bucket => $4,
                       calls_per_minute => $5,
                       burst => $6) found
              LEFT JOIN proxy_key k ON k.id = found.id"""
            .formatted(AccountLock.whileLocked("$1::text"));

    private LookupStatement() {
    }

    /**
     * The change that counts the call and reads the key.
     *
     * @return its result is to be called once the transaction is committed, because the call is counted: the key, or throws the
     *         {@link ProblemException} to answer with
     */
    static AccountChange<Supplier<ListedKey>> of(String account, KeyReference target, RateLimit limit) {
        return AccountChange.ofOneRow(account, SQL,
                limit.addTo(Tuple.tuple().addString(account).addString(target.id()).addBuffer(target.secretHash())),
                row -> result(row, limit));
    }

    private static Supplier<ListedKey> result(Row row, RateLimit limit) {
        if (!row.getString("outcome").equals("found")) {
            return Refusals.of(row, limit);
        }
        ListedKey key = key(row);
        return () -> key;
    }

    private static ListedKey key(Row row) {
        return new ListedKey(row.getString("name"), row.getString("id"), time(row, "expires_at"), row.getBigDecimal("allocated"),
                row.getBigDecimal("used"), row.getBoolean("is_active"), Arrays.asList(row.getArrayOfStrings("model_whitelist")),
                Arrays.asList(row.getArrayOfStrings("ip_whitelist")), time(row, "created_at"), time(row, "last_used"),
                row.getUUID("suspended_by"), time(row, "rotated_at"), time(row, "previous_valid_until"));
    }

    private static Instant time(Row row, String column) {
        OffsetDateTime time = row.getOffsetDateTime(column);
        return time == null ? null : time.toInstant();
    }
}
