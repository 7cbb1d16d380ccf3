package io.proxykeys.operation.update;

import io.proxykeys.database.AccountChange;
import io.proxykeys.database.AccountLock;
import io.proxykeys.database.RateLimit;
import io.proxykeys.key.KeyReference;
import io.proxykeys.key.Refusals;
import io.proxykeys.operation.KeyFields;
import io.proxykeys.problem.ProblemException;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.Tuple;
import java.util.List;
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

    private UpdateStatement() {
    }

    /**
     * The change of the key's settings.
     *
     * @return its result is to be called once the transaction is committed, because a refused call is counted: the key's identifier, or
     *         throws the {@link ProblemException} to answer with
     */
    static AccountChange<Supplier<String>> of(String account, KeyReference target, KeyChange change, RateLimit limit) {
        return AccountChange.ofOneRow(account, SQL, parameters(account, target, change, limit), row -> result(row, limit));
    }

    private static Tuple parameters(String account, KeyReference target, KeyChange change, RateLimit limit) {
        return limit.addTo(Tuple.tuple()
                .addString(account)
                .addString(target.id())
                .addBuffer(target.secretHash())
                .addString(change.name().orElse(null))
                .addBigDecimal(change.allocated().orElse(null))
                .addLong(change.expiresAt().orElse(null))
                .addArrayOfString(array(change.modelWhitelist()))
                .addArrayOfString(array(change.ipWhitelist())));
    }

    private static String[] array(Optional<List<String>> values) {
        return values.map(list -> list.toArray(String[]::new)).orElse(null);
    }

    private static Supplier<String> result(Row row, RateLimit limit) {
        return switch (row.getString("outcome")) {
            case "updated" -> {
                String id = row.getString("key_id");
                yield () -> id;
            }
            case "past" -> Refusals.because(KeyFields.invalidExpiry());
            case "used" -> Refusals.because(KeyFields.invalid("allocated_ammount must not be less than the key has used"));
            default -> Refusals.of(row, limit);
        };
    }
}
