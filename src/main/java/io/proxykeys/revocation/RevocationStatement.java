package io.proxykeys.revocation;

import io.proxykeys.database.AccountLock;
import io.proxykeys.key.KeyReference;
import io.vertx.core.Future;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import java.time.Duration;
import java.util.Locale;

/**
 * The second statement of a person's revocation, which does everything but lock the account, in one database function:
 * {@code db/migration/R__3_deletion.sql}.
 */
final class RevocationStatement {

    /** Without the lock the receipt has no id, which its table refuses: nothing is deleted. */
    static final String SQL = """
            SELECT outcome, receipt, keys_deleted, keys_spared, credits_returned, balance_after, revoked_at, retry_after, key_ids
              FROM carry_out_revocation(
                       receipt_id => %s,
                       account_id => $2,
                       operation => $3,
                       target_id => $4,
                       target_hash => $5,
                       dedupe_key => $6,
                       requested_by => $7,
                       block_seconds => $8,
                       bucket => $9,
                       calls_per_minute => $10,
                       burst => $11)"""
            .formatted(AccountLock.whileLocked("$1::uuid"));

    /** The values of the column {@code outcome}. */
    private enum Outcome {
        REVOKED, REPLAYED, REUSED, LIMITED, FOREIGN, UNKNOWN;

        static Outcome of(Row row) {
            return valueOf(row.getString("outcome").toUpperCase(Locale.ROOT));
        }
    }

    private RevocationStatement() {
    }

    /** Sends it in a transaction that locks the account's row first. */
    static Future<RevocationResult> send(SqlConnection connection, RevocationRequest request, RateLimit limit) {
        return connection.preparedQuery(SQL)
                .mapping(row -> result(row, limit))
                .execute(parameters(request, limit))
                .map(rows -> rows.iterator().next());
    }

    private static Tuple parameters(RevocationRequest request, RateLimit limit) {
        return Tuple.tuple()
                .addUUID(request.id())
                .addString(request.account())
                .addString(request.operation())
                .addString(request.target().map(KeyReference::id).orElse(null))
                .addBuffer(request.target().map(KeyReference::secretHash).orElse(null))
                .addString(request.dedupeKey().orElse(null))
                .addString(request.requestedBy().orElse(null))
                .addInteger(request.blockNewKeysSeconds())
                .addString(limit.bucket())
                .addInteger(limit.perMinute())
                .addInteger(limit.burst());
    }

    private static RevocationResult result(Row row, RateLimit limit) {
        return switch (Outcome.of(row)) {
            case REVOKED -> new RevocationResult.Done(Receipt.of(row, false));
            case REPLAYED -> new RevocationResult.Done(Receipt.of(row, true));
            case LIMITED -> new RevocationResult.Limited(limit, Duration.ofSeconds(row.getInteger("retry_after")));
            case REUSED -> RevocationResult.Refused.DEDUPE_KEY_REUSED;
            case FOREIGN -> RevocationResult.Refused.FOREIGN_KEY;
            case UNKNOWN -> RevocationResult.Refused.UNKNOWN_KEY;
        };
    }
}
