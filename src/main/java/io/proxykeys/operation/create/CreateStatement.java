package io.proxykeys.operation.create;

import io.proxykeys.database.AccountChange;
import io.proxykeys.database.AccountLock;
import io.proxykeys.database.RateLimit;
import io.proxykeys.key.NewKey;
import io.proxykeys.key.Refusals;
import io.proxykeys.problem.ProblemException;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.Tuple;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.function.Supplier;

/** The second statement of a creation: {@code db/migration/R__5_life_of_a_key.sql}. */
final class CreateStatement {

    /** Without the lock there is no account, which the function refuses. */
    private static final String SQL = """
            SELECT outcome, retry_after, created_at
              FROM create_proxy_key(
                       account_id => %s,
                       name => $2,
                       secret_hash => $3,
                       allocated => $4,
                       expires_at => $5,
                       model_whitelist => $6,
                       ip_whitelist => $7,
                       key_id => $8,
                       bucket => $9,
                       calls_per_minute => $10,
                       burst => $11)"""
            .formatted(AccountLock.whileLocked("$1::text"));

    private CreateStatement() {
    }

    /**
     * The change that makes the key.
     *
     * @return its result is to be called once the transaction is committed, because a refused call is counted: when the key was created,
     *         or throws the {@link ProblemException} to answer with
     */
    static AccountChange<Supplier<Instant>> of(String account, NewKeySettings settings, NewKey key, RateLimit limit) {
        return AccountChange.ofOneRow(account, SQL, parameters(account, settings, key, limit), row -> result(row, limit));
    }

    private static Tuple parameters(String account, NewKeySettings settings, NewKey key, RateLimit limit) {
        return limit.addTo(Tuple.tuple()
                .addString(account)
                .addString(settings.name())
                .addBuffer(key.secretHash())
                .addBigDecimal(settings.allocated())
                .addOffsetDateTime(settings.expiresAt() == null ? null : settings.expiresAt().atOffset(ZoneOffset.UTC))
                .addArrayOfString(settings.modelWhitelist().toArray(String[]::new))
                .addArrayOfString(settings.ipWhitelist().toArray(String[]::new))
                .addString(key.id()));
    }

    private static Supplier<Instant> result(Row row, RateLimit limit) {
        if (!row.getString("outcome").equals("created")) {
            return Refusals.of(row, limit);
        }
        Instant createdAt = row.getOffsetDateTime("created_at").toInstant();
        return () -> createdAt;
    }
}
