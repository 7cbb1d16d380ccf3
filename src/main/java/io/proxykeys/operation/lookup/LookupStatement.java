package io.proxykeys.operation.lookup;

import io.proxykeys.database.AccountLock;
import io.proxykeys.key.KeyReference;
import io.proxykeys.key.ListedKey;
import io.proxykeys.operation.KeyLimits;
import io.proxykeys.operation.Refused;
import io.proxykeys.problem.ProblemException;
import io.proxykeys.revocation.RateLimit;
import io.vertx.core.Future;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Arrays;
import java.util.Locale;
import java.util.function.Supplier;

/** The second statement of a look-up: {@code db/migration/R__5_life_of_a_key.sql}. */
final class LookupStatement {

    /** Without the lock, no key is found to be the caller's. */
    private static final String SQL = """
            SELECT outcome, retry_after, id, name, allocated, used, is_active, expires_at, model_whitelist, ip_whitelist, created_at, \
            last_used
              FROM look_up_proxy_key(
                       account_id => %s,
                       target_id => $2,
                       target_hash => $3,
                       bucket => $4,
                       calls_per_minute => $5,
                       burst => $6)"""
            .formatted(AccountLock.whileLocked("$1::text"));

    /** The values of the column {@code outcome}. */
    private enum Outcome {
        FOUND, LIMITED, FOREIGN, UNKNOWN;

        static Outcome of(Row row) {
            return valueOf(row.getString("outcome").toUpperCase(Locale.ROOT));
        }
    }

    private LookupStatement() {
    }

    /**
     * Sends it in a transaction that locks the account's row first.
     *
     * @return to be called once the transaction is committed, because the call is counted: the key, or throws the
     *         {@link ProblemException} to answer with
     */
    static Future<Supplier<ListedKey>> send(SqlConnection connection, String account, KeyReference target, RateLimit limit) {
        return connection.preparedQuery(SQL)
                .mapping(row -> result(row, limit))
                .execute(Tuple.of(account, target.id(), target.secretHash(), limit.bucket(), limit.perMinute(), limit.burst()))
                .map(rows -> rows.iterator().next());
    }

    private static Supplier<ListedKey> result(Row row, RateLimit limit) {
        return switch (Outcome.of(row)) {
            case FOUND -> {
                ListedKey key = key(row);
                yield () -> key;
            }
            case LIMITED -> Refused.because(KeyLimits.exceeded(limit, row.getInteger("retry_after")));
            case FOREIGN -> Refused.because(ProblemException.foreignKey());
            case UNKNOWN -> Refused.because(ProblemException.unknownKey());
        };
    }

    private static ListedKey key(Row row) {
        return new ListedKey(row.getString("name"), row.getString("id"), time(row, "expires_at"), row.getBigDecimal("allocated"),
                row.getBigDecimal("used"), row.getBoolean("is_active"), Arrays.asList(row.getArrayOfStrings("model_whitelist")),
                Arrays.asList(row.getArrayOfStrings("ip_whitelist")), time(row, "created_at"), time(row, "last_used"));
    }

    private static Instant time(Row row, String column) {
        OffsetDateTime time = row.getOffsetDateTime(column);
        return time == null ? null : time.toInstant();
    }
}
