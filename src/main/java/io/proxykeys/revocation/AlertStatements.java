package io.proxykeys.revocation;

import io.proxykeys.database.AccountLock;
import io.proxykeys.key.KeyReference;
import io.vertx.core.Future;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import java.time.ZoneOffset;
import java.util.Locale;
import java.util.Optional;

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
    private static final String CARRY_OUT = """
            SELECT outcome, was_key, account_id, receipt, keys_deleted, keys_spared, credits_returned, balance_after, revoked_at,
                   key_ids
              FROM carry_out_alert(
                       receipt_id => %s,
                       account_id => $2,
                       seen_key_id => $3,
                       key_id => $4,
                       secret_hash => $5,
                       stated_account => $6,
                       whole_account => $7,
                       dedupe_key => $8,
                       requested_by => $9,
                       reported_by => $10,
                       reason => $11,
                       url => $12,
                       created_until => $13,
                       block_seconds => $14)"""
            .formatted(AccountLock.whileLocked("$1::uuid"));

    /** The values of the column {@code outcome}. */
    private enum Outcome {
        REVOKED, REPLAYED, UNKNOWN, OWNERLESS, FOREIGN;

        static Outcome of(Row row) {
            return valueOf(row.getString("outcome").toUpperCase(Locale.ROOT));
        }
    }

    private AlertStatements() {
    }

    /** Sends both in a transaction that has just begun. */
    static Future<AlertResult> send(SqlConnection connection, AlertRequest request) {
        if (request.target() instanceof AlertTarget.Account account) {
            Tuple named = Tuple.of(account.id(), null, null, null, null, true);
            return AccountLock.lockThen(connection, account.id(), () -> carryOut(connection, request, named, true));
        }
        AlertTarget.Key target = (AlertTarget.Key) request.target();
        KeyReference key = target.key();
        String stated = target.account().orElse(null);
        return connection.preparedQuery(LOCK_ACCOUNT_OF_KEY)
                .execute(Tuple.of(key.id(), key.secretHash(), target.wholeAccount(), stated))
                .map(rows -> rows.iterator().next())
                .compose(locked -> carryOut(connection, request, Tuple.of(locked.getString("account_id"),
                        locked.getString("seen_key_id"), key.id(), key.secretHash(), stated, target.wholeAccount()),
                        target.wholeAccount()));
    }

    /** @param named the parameters 2 to 7 */
    private static Future<AlertResult> carryOut(SqlConnection connection, AlertRequest request, Tuple named, boolean wholeAccount) {
        Tuple parameters = Tuple.tuple().addUUID(request.id());
        for (int i = 0; i < named.size(); i++) {
            parameters.addValue(named.getValue(i));
        }
        parameters
                .addString(request.dedupeKey())
                .addString(request.requestedBy())
                .addString(orNull(request.reportedBy()))
                .addString(orNull(request.reason()))
                .addString(orNull(request.url()))
                .addOffsetDateTime(request.createdUntil().atOffset(ZoneOffset.UTC))
                .addInteger(request.blockNewKeysSeconds());
        return connection.preparedQuery(CARRY_OUT)
                .mapping(row -> result(row, wholeAccount))
                .execute(parameters)
                .map(rows -> rows.iterator().next());
    }

    private static String orNull(Optional<String> text) {
        return text.orElse(null);
    }

    private static AlertResult result(Row row, boolean wholeAccount) {
        return switch (Outcome.of(row)) {
            case REVOKED -> new AlertResult.Done(row.getString("account_id"), wholeAccount, Receipt.of(row, false));
            case REPLAYED -> new AlertResult.Done(row.getString("account_id"), wholeAccount, Receipt.of(row, true));
            case UNKNOWN -> new AlertResult.UnknownKey(row.getBoolean("was_key"));
            case OWNERLESS -> AlertResult.Refused.UNKNOWN_OWNER;
            case FOREIGN -> AlertResult.Refused.FOREIGN_KEY;
        };
    }
}
