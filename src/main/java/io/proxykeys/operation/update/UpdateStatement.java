package io.proxykeys.operation.update;

import io.proxykeys.database.AccountLock;
import io.proxykeys.key.KeyReference;
import io.proxykeys.operation.KeyFields;
import io.proxykeys.operation.KeyLimits;
import io.proxykeys.operation.Refused;
import io.proxykeys.problem.ProblemException;
import io.proxykeys.revocation.RateLimit;
import io.vertx.core.Future;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Supplier;

/** The second statement of a change: {@code db/migration/R__5_life_of_a_key.sql}. */
final class UpdateStatement {

    /** Without the lock, no key is found to be the caller's. */
    private static final String SQL = """
            SELECT outcome, retry_after, key_id
              FROM update_proxy_key(
                       account_id => %s,
                       target_id => $2,
                       target_hash => $3,
                       name => $4,
                       allocated => $5,
                       expires_at => CASE $6::bigint WHEN -1 THEN 'infinity' ELSE to_timestamp($6::bigint) END,
                       model_whitelist => $7,
                       ip_whitelist => $8,
                       bucket => $9,
                       calls_per_minute => $10,
                       burst => $11)"""
            .formatted(AccountLock.whileLocked("$1::text"));

    /** The values of the column {@code outcome}. */
    private enum Outcome {
        UPDATED, LIMITED, BLOCKED, FOREIGN, UNKNOWN, PAST, USED, INSUFFICIENT;

        static Outcome of(Row row) {
            return valueOf(row.getString("outcome").toUpperCase(Locale.ROOT));
        }
    }

    private UpdateStatement() {
    }

    /**
     * Sends it in a transaction that locks the account's row first.
     *
     * @return to be called once the transaction is committed, because a refused call is counted: the key's identifier, or throws the
     *         {@link ProblemException} to answer with
     */
    static Future<Supplier<String>> send(SqlConnection connection, String account, KeyReference target, KeyChange change, RateLimit limit) {
        return connection.preparedQuery(SQL)
                .mapping(row -> result(row, limit))
                .execute(parameters(account, target, change, limit))
                .map(rows -> rows.iterator().next());
    }

    private static Tuple parameters(String account, KeyReference target, KeyChange change, RateLimit limit) {
        return Tuple.tuple()
                .addString(account)
                .addString(target.id())
                .addBuffer(target.secretHash())
                .addString(change.name().orElse(null))
                .addBigDecimal(change.allocated().orElse(null))
                .addLong(change.expiresAt().orElse(null))
                .addArrayOfString(array(change.modelWhitelist()))
                .addArrayOfString(array(change.ipWhitelist()))
                .addString(limit.bucket())
                .addInteger(limit.perMinute())
                .addInteger(limit.burst());
    }

    private static String[] array(Optional<List<String>> values) {
        return values.map(list -> list.toArray(String[]::new)).orElse(null);
    }

    private static Supplier<String> result(Row row, RateLimit limit) {
        return switch (Outcome.of(row)) {
            case UPDATED -> {
                String id = row.getString("key_id");
                yield () -> id;
            }
            case LIMITED -> Refused.because(KeyLimits.exceeded(limit, row.getInteger("retry_after")));
            case BLOCKED -> Refused.because(KeyLimits.blocked(row.getInteger("retry_after")));
            case FOREIGN -> Refused.because(ProblemException.foreignKey());
            case UNKNOWN -> Refused.because(ProblemException.unknownKey());
            case PAST -> Refused.because(KeyFields.invalidExpiry());
            case USED -> Refused.because(KeyFields.invalid("allocated_ammount must not be less than the key has used"));
            case INSUFFICIENT -> Refused.because(ProblemException.insufficientBalance());
        };
    }
}
