package io.proxykeys.revocation;

import io.proxykeys.database.Transactions;
import io.proxykeys.problem.Refusal;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.UUID;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.hibernate.reactive.mutiny.Mutiny;

/**
 * Deletes keys and returns their unused credits, in one transaction of four round trips: BEGIN, {@link #LOCK_ACCOUNT},
 * {@link #REVOKE}, COMMIT. Either all of it happened when the answer is given, or nothing.
 */
@ApplicationScoped
public class Revocations {

    /**
     * First and alone. FOR UPDATE, because it is the one row lock that a key insert in flight (it holds KEY SHARE through
     * the foreign key) makes wait; and a statement of its own, because the next one then sees what was committed while
     * this one waited.
     */
    private static final String LOCK_ACCOUNT = "SELECT id FROM account WHERE id = ?1 FOR UPDATE";

    /** All the rest, in one database function: {@code db/migration/V3__revoke_proxy_keys.sql}. */
    private static final String REVOKE = """
            SELECT outcome, receipt, keys_deleted, credits_returned, balance_after, revoked_at, retry_after
              FROM revoke_proxy_keys(?1, ?2, ?3, ?4, ?5, ?6, CAST(NULL AS text), ?7, ?8)""";

    private final Transactions transactions;
    private final RevocationLog log;
    private final int callsPerMinute;
    private final int burst;

    @Inject
    Revocations(Transactions transactions, RevocationLog log,
            @ConfigProperty(name = "proxy-keys.limit.delete-all.per-minute") int callsPerMinute,
            @ConfigProperty(name = "proxy-keys.limit.delete-all.burst") int burst) {
        this.transactions = transactions;
        this.log = log;
        this.callsPerMinute = callsPerMinute;
        this.burst = burst;
    }

    /**
     * Carries out an order.
     *
     * @return the receipt, also when there was no key to delete; fails with the {@link Refusal} to answer with: 401 for an
     *         unknown account, 422 for a dedupe key of another operation, 429 at the limit, 503 if the database cannot be
     *         used or its confirmation was lost
     */
    public Uni<Receipt> revoke(RevocationOrder order) {
        return transactions.run(order.id(), session -> lockAccount(session, order).chain(() -> revoke(session, order)))
                .invoke(receipt -> log.revoked(order, receipt));
    }

    private Uni<Void> lockAccount(Mutiny.Session session, RevocationOrder order) {
        return session.createNativeQuery(LOCK_ACCOUNT, String.class)
                .setParameter(1, order.account())
                .getSingleResultOrNull()
                .onItem().ifNull().failWith(() -> Refusal.invalidToken(new IllegalStateException("no such account")))
                .replaceWithVoid();
    }

    private Uni<Receipt> revoke(Mutiny.Session session, RevocationOrder order) {
        return session.createNativeQuery(REVOKE, Object[].class)
                .setParameter(1, order.id())
                .setParameter(2, order.account())
                .setParameter(3, RevocationOrder.TRIGGER)
                .setParameter(4, order.operation().code())
                .setParameter(5, order.dedupeKey())
                .setParameter(6, order.requestedBy())
                .setParameter(7, callsPerMinute)
                .setParameter(8, burst)
                .getSingleResult()
                .map(this::receipt);
    }

    private Receipt receipt(Object[] row) {
        String outcome = (String) row[0];
        return switch (outcome) {
            case "revoked", "replayed" -> new Receipt((UUID) row[1], (Integer) row[2], (BigDecimal) row[3],
                    (BigDecimal) row[4], (Long) row[5], outcome.equals("replayed"));
            case "reused" -> throw Refusal.idempotencyKeyReused();
            case "limited" -> throw Refusal.tooManyRequests("delete-all", burst, callsPerMinute,
                    Duration.ofSeconds((Integer) row[6]));
            default -> throw new IllegalStateException("Unknown outcome " + outcome);
        };
    }
}
