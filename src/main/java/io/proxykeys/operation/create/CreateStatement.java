package io.proxykeys.operation.create;

import io.proxykeys.database.AccountLock;
import io.proxykeys.key.NewKey;
import io.proxykeys.operation.KeyLimits;
import io.proxykeys.operation.Refused;
import io.proxykeys.problem.ProblemException;
import io.proxykeys.revocation.RateLimit;
import io.vertx.core.Future;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Locale;
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

    /** The values of the column {@code outcome}. */
    private enum Outcome {
        CREATED, LIMITED, BLOCKED, INSUFFICIENT;

        static Outcome of(Row row) {
            return valueOf(row.getString("outcome").toUpperCase(Locale.ROOT));
        }
    }

    private CreateStatement() {
    }

    /**
     * Sends it in a transaction that locks the account's row first.
     *
     * @return to be called once the transaction is committed, because a refused call is counted: when the key was created, or throws the
     *         {@link ProblemException} to answer with
     */
    static Future<Supplier<Instant>> send(SqlConnection connection, String account, NewKeySettings settings, NewKey key, RateLimit limit) {
        return connection.preparedQuery(SQL)
                .mapping(row -> result(row, limit))
                .execute(parameters(account, settings, key, limit))
                .map(rows -> rows.iterator().next());
    }

    private static Tuple parameters(String account, NewKeySettings settings, NewKey key, RateLimit limit) {
        return Tuple.tuple()
                .addString(account)
                .addString(settings.name())
                .addBuffer(key.secretHash())
                .addBigDecimal(settings.allocated())
                .addOffsetDateTime(settings.expiresAt() == null ? null : settings.expiresAt().atOffset(ZoneOffset.UTC))
                .addArrayOfString(settings.modelWhitelist().toArray(String[]::new))
                .addArrayOfString(settings.ipWhitelist().toArray(String[]::new))
                .addString(key.id())
                .addString(limit.bucket())
                .addInteger(limit.perMinute())
                .addInteger(limit.burst());
    }

    private static Supplier<Instant> result(Row row, RateLimit limit) {
        return switch (Outcome.of(row)) {
            case CREATED -> {
                Instant createdAt = row.getOffsetDateTime("created_at").toInstant();
                yield () -> createdAt;
            }
            case LIMITED -> Refused.because(KeyLimits.exceeded(limit, row.getInteger("retry_after")));
            case BLOCKED -> Refused.because(KeyLimits.blocked(row.getInteger("retry_after")));
            case INSUFFICIENT -> Refused.because(ProblemException.insufficientBalance());
        };
    }
}
