package io.proxykeys.revocation;

import io.proxykeys.database.AccountChange;
import io.proxykeys.database.AccountLock;
import io.proxykeys.key.KeyReference;
import io.vertx.core.Future;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import java.time.ZoneOffset;
import java.util.UUID;

/**
 * The two statements of an alert: the first locks the account, the second does everything else, in one database function each
 * ({@code db/migration/R__4_alerts.sql}). If the alert names an account, they are sent together. If it names a key,
 * the second waits for the first, which finds the account.
 */
final class AlertStatements {

    private static final String LOCK_ACCOUNT_OF_KEY = """
            SELECT account_id, seen_key_id
              FROM lock_account_of_key(key_id => $1, secret_hash => $2, whole_account => $3, stated_account => $4)""";

    /** Without the transaction of the first statement the receipt has no id, which the function refuses. */
    private static final String ACT = """
            SELECT outcome, was_key, operation, owner, receipt, keys, keys_spared, credits_returned, balance_after, at, key_ids
              FROM act_on_alert(
                       receipt_id => %s,
                       account_id => $2,
                       seen_key_id => $3,
                       key_id => $4,
                       secret_hash => $5,
                       stated_account => $6,
                       whole_account => $7,
                       suspends => $8,
                       dedupe_key => $9,
                       requested_by => $10,
                       reported_by => $11,
                       reason => $12,
                       url => $13,
                       created_until => $14,
                       block_seconds => $15)"""
            .formatted(AccountLock.whileLocked("$1::uuid"));

    private AlertStatements() {
    }

    /** Sends both in a transaction that has just begun. */
    static Future<AlertResult> send(SqlConnection connection, AlertRequest request) {
        if (request.target() instanceof AlertTarget.Account account) {
            return AccountChange.ofOneRow(account.id(), ACT, parameters(request, Tuple.of(account.id(), null, null, null, null, true)),
                    AlertStatements::result).send(connection);
        }
        AlertTarget.Key target = (AlertTarget.Key) request.target();
        KeyReference key = target.key();
        String stated = target.account().orElse(null);
        return connection.preparedQuery(LOCK_ACCOUNT_OF_KEY)
                .execute(Tuple.of(key.id(), key.secretHash(), target.wholeAccount(), stated))
                .map(rows -> rows.iterator().next())
                .compose(locked -> connection.preparedQuery(ACT).mapping(AlertStatements::result)
                        .execute(parameters(request, Tuple.of(locked.getString("account_id"), locked.getString("seen_key_id"), key.id(),
                                key.secretHash(), stated, target.wholeAccount())))
                        .map(rows -> rows.iterator().next()));
    }

    /** @param named the parameters 2 to 7 */
    private static Tuple parameters(AlertRequest request, Tuple named) {
        Tuple parameters = Tuple.tuple().addUUID(request.id());
        for (int i = 0; i < named.size(); i++) {
            parameters.addValue(named.getValue(i));
        }
        return parameters
                .addBoolean(request.suspends())
                .addString(request.dedupeKey())
                .addString(request.requestedBy())
                .addString(request.reportedBy().orElse(null))
                .addString(request.reason().orElse(null))
                .addString(request.url().orElse(null))
                .addOffsetDateTime(request.createdUntil().atOffset(ZoneOffset.UTC))
                .addInteger(request.blockNewKeysSeconds());
    }

    private static AlertResult result(Row row) {
        return switch (row.getString("outcome")) {
            case "done" -> done(row, false);
            case "replayed" -> done(row, true);
            case "unknown" -> new AlertResult.UnknownKey(row.getBoolean("was_key"));
            case "ownerless" -> AlertResult.Impossible.UNKNOWN_OWNER;
            case "foreign" -> AlertResult.Impossible.FOREIGN_KEY;
            default -> throw new IllegalStateException("no such outcome: " + row.getString("outcome"));
        };
    }

    private static AlertResult done(Row row, boolean replayed) {
        String account = row.getString("owner");
        String operation = row.getString("operation");
        UUID id = row.getUUID("receipt");
        int keys = row.getInteger("keys");
        int spared = row.getInteger("keys_spared");
        long at = row.getLong("at");
        if (row.getBigDecimal("balance_after") == null) {
            return new AlertResult.Suspended(account, operation, new Suspension(id, keys, spared, at, replayed));
        }
        return new AlertResult.Done(account, operation, new Receipt(id, keys, null, spared, row.getBigDecimal("credits_returned"),
                row.getBigDecimal("balance_after"), at, replayed, Receipt.ids(row)));
    }
}
