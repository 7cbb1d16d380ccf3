package io.proxykeys.revocation;

import io.proxykeys.account.AccountLock;
import io.proxykeys.account.UnknownAccount;
import io.proxykeys.config.Settings;
import io.proxykeys.database.CommitGate;
import io.proxykeys.database.DatabaseUnavailable;
import io.proxykeys.database.OutcomeUnknown;
import io.proxykeys.database.Transactions;
import io.proxykeys.key.KeyReference;
import io.proxykeys.problem.ProblemException;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Future;
import io.vertx.pgclient.PgException;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.function.Consumer;

/**
 * Deletes keys and returns their unused credits, in one transaction: BEGIN, {@link AccountLock}, {@link #REVOKE}, all sent at
 * once, and COMMIT when they have been answered. Either all of it happened when the answer is given, or nothing.
 */
@ApplicationScoped
public class Revocations {

    /** All the rest, in one database function: {@code db/migration/V3__revoke_proxy_keys.sql}. */
    private static final String REVOKE = """
            SELECT outcome, receipt, keys_deleted, keys_spared, credits_returned, balance_after, revoked_at, retry_after
              FROM revoke_proxy_keys(%s, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)"""
            .formatted(AccountLock.whileLocked("$1::uuid")); // a receipt without an id is none: nothing is deleted without the lock

    /** Alerts are never limited: what they say is urgent every time. */
    private static final Limit NONE = new Limit("none", 0, 1);

    /** Class of SQLSTATE: no such function, or no right to call it. */
    private static final String SYNTAX_OR_ACCESS = "42";

    /** An account id that the database does not admit. */
    private static final String NOBODY = "";

    private final Transactions transactions;
    private final RevocationLog log;
    private final Limit deleteAll;
    private final Limit remove;

    /** How often an account may call an operation; {@code perMinute} 0: as often as it likes. */
    private record Limit(String name, int perMinute, int burst) {
    }

    @Inject
    Revocations(Transactions transactions, RevocationLog log, Settings settings) {
        this.transactions = transactions;
        this.log = log;
        this.deleteAll = new Limit("delete-all", settings.deleteAllPerMinute(), settings.deleteAllBurst());
        this.remove = new Limit("remove", settings.removePerMinute(), settings.removeBurst());
    }

    /**
     * Carries out an request.
     *
     * @param gate of whoever waits for it
     * @return the receipt, also when there was no key to delete; fails with {@link UnknownAccount}, {@link DatabaseUnavailable} or
     *         {@link OutcomeUnknown}, or with the {@link ProblemException} to answer with: 403 and 404 for a key of another account
     *         or none, 422 for a dedupe key of another operation, 429 at the limit
     */
    public Uni<Receipt> revoke(RevocationRequest request, CommitGate gate) {
        Limit limit = limit(request);
        return transactions.run(gate, request.id(), connection ->
                        AccountLock.lockThen(connection, request.account(), () -> revoke(connection, request, limit)))
                // After COMMIT: a refused removal is counted against the limit.
                .map(row -> receipt(row, limit))
                .invoke(receipt -> log.revoked(request, receipt));
    }

    /**
     * Sends the statements of a revocation for no account. Fails in any case: there is nothing to be credited.
     *
     * @param refused is told why the database would not carry out any revocation: the function is missing, or not granted
     */
    public Uni<Void> rehearse(Consumer<Throwable> refused) {
        RevocationRequest request = RevocationRequest.alert(NOBODY, "rehearsal", "rehearsal", null, Instant.EPOCH, 0, "");
        return transactions.run(new CommitGate(), request.id(), connection ->
                        AccountLock.lockThen(connection, NOBODY, () -> revoke(connection, request, NONE).onFailure(failure -> {
                            if (failure instanceof PgException error && error.getSqlState().startsWith(SYNTAX_OR_ACCESS)) {
                                refused.accept(failure);
                            }
                        })))
                .replaceWithVoid();
    }

    private Limit limit(RevocationRequest request) {
        if (request.trigger() == RevocationRequest.Trigger.ALERT) {
            return NONE;
        }
        return request.operation() == Operation.ONE ? remove : deleteAll;
    }

    private static Future<Row> revoke(SqlConnection connection, RevocationRequest request, Limit limit) {
        KeyReference target = request.target();
        return connection.preparedQuery(REVOKE).execute(Tuple.tuple()
                        .addUUID(request.id())
                        .addString(request.account())
                        .addString(request.trigger().code())
                        .addString(request.operation().code())
                        .addString(target == null ? null : target.id())
                        .addBuffer(target == null ? null : target.secretHash())
                        .addString(request.dedupeKey())
                        .addString(request.requestedBy())
                        .addString(request.reason())
                        .addOffsetDateTime(request.createdUntil() == null ? null : request.createdUntil().atOffset(ZoneOffset.UTC))
                        .addInteger(request.blockNewKeysSeconds())
                        .addInteger(limit.perMinute)
                        .addInteger(limit.burst))
                .map(rows -> rows.iterator().next());
    }

    private static Receipt receipt(Row row, Limit limit) {
        String outcome = row.getString(0);
        return switch (outcome) {
            case "revoked", "replayed" -> new Receipt(row.getUUID(1), row.getInteger(2), row.getInteger(3) == null ? 0 : row.getInteger(3),
                    row.getBigDecimal(4), row.getBigDecimal(5), row.getLong(6), outcome.equals("replayed"));
            case "reused" -> throw ProblemException.idempotencyKeyReused();
            case "limited" -> throw ProblemException.tooManyRequests(limit.name, limit.burst, limit.perMinute,
                    Duration.ofSeconds(row.getInteger(7)));
            case "foreign" -> throw ProblemException.foreignKey();
            case "unknown" -> throw ProblemException.unknownKey();
            default -> throw new IllegalStateException("Unknown outcome " + outcome);
        };
    }
}
