package io.proxykeys.revocation;

import io.proxykeys.database.AccountChange;
import io.proxykeys.database.AccountLock;
import io.proxykeys.database.RateLimit;
import io.proxykeys.key.Refusals;
import io.proxykeys.problem.ProblemException;
import io.vertx.sqlclient.Row;
import java.util.function.Supplier;

/**
 * The second statement of a person's revocation, which does everything but lock the account, in one database function:
 * {@code db/migration/R__3_deletion.sql}.
 */
final class RevocationStatement {

    /** Without the lock the receipt has no id, which its table refuses: nothing is deleted. */
    static final String SQL = """
            SELECT outcome, receipt, keys_deleted, keys_not_found, credits_returned, balance_after, revoked_at, retry_after, key_ids
              FROM carry_out_deletion(
                       receipt_id => %s,
                       account_id => $2,
                       operation => $3,
                       name_prefix => $4,
                       target_ids => $5,
                       target_hashes => $6,
                       targets_digest => $7,
                       dedupe_key => $8,
                       requested_by => $9,
                       subject => $10,
                       block_seconds => $11,
                       bucket => $12,
                       calls_per_minute => $13,
                       burst => $14)"""
            .formatted(AccountLock.whileLocked("$1::uuid"));

    private RevocationStatement() {
    }

    /**
     * The change that deletes the keys.
     *
     * @return its result is to be called once the transaction is committed, because a refused removal is counted: the receipt, or throws
     *         the {@link ProblemException} to answer with
     */
    static AccountChange<Supplier<Receipt>> of(RevocationRequest request, RateLimit limit) {
        return AccountChange.ofOneRow(request.caller().account(), SQL, request.parameters(limit), row -> result(row, limit));
    }

    private static Supplier<Receipt> result(Row row, RateLimit limit) {
        boolean replayed = row.getString("outcome").equals("replayed");
        if (!replayed && !row.getString("outcome").equals("revoked")) {
            return Refusals.of(row, limit);
        }
        Receipt receipt = new Receipt(row.getUUID("receipt"), row.getInteger("keys_deleted"), row.getInteger("keys_not_found"), 0,
                row.getBigDecimal("credits_returned"), row.getBigDecimal("balance_after"), row.getLong("revoked_at"), replayed,
                Receipt.ids(row));
        return () -> receipt;
    }
}
