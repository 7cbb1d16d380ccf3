package io.proxykeys.operation.suspend;

import io.proxykeys.database.AccountChange;
import io.proxykeys.database.AccountLock;
import io.proxykeys.database.RateLimit;
import io.proxykeys.key.Refusals;
import io.proxykeys.problem.ProblemException;
import io.proxykeys.revocation.RevocationRequest;
import io.proxykeys.revocation.Suspension;
import io.vertx.sqlclient.Row;
import java.util.function.Supplier;

/** The second statement of a suspension: {@code db/migration/R__5_suspension.sql}. */
final class SuspendStatement {

    /** Without the lock the suspension has no id, which the function refuses. */
    private static final String SQL = """
            SELECT outcome, suspension, keys_suspended, suspended_at, retry_after
              FROM suspend_proxy_keys(
                       suspension_id => %s,
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

    private SuspendStatement() {
    }

    /**
     * The change that disables the keys.
     *
     * @return its result is to be called once the transaction is committed: the suspension, or throws the {@link ProblemException} to
     *         answer with
     */
    static AccountChange<Supplier<Suspension>> of(RevocationRequest request, RateLimit limit) {
        return AccountChange.ofOneRow(request.caller().account(), SQL, request.parameters(limit), row -> result(row, limit));
    }

    private static Supplier<Suspension> result(Row row, RateLimit limit) {
        boolean replayed = row.getString("outcome").equals("replayed");
        if (!replayed && !row.getString("outcome").equals("suspended")) {
            return Refusals.of(row, limit);
        }
        Suspension suspension = new Suspension(row.getUUID("suspension"), row.getInteger("keys_suspended"), 0, row.getLong("suspended_at"),
                replayed);
        return () -> suspension;
    }
}
