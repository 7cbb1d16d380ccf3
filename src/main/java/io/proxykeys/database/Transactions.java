package io.proxykeys.database;

import io.proxykeys.problem.Refusal;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import org.hibernate.reactive.mutiny.Mutiny;

/**
 * Runs a transaction that writes a receipt, and knows what a failure of it means.
 *
 * <p>Lambda freezes the process between calls, and the server or a NAT closes the idle connection meanwhile; the first
 * statement then fails. Such a transaction is run once more on a new connection. The receipt's id was chosen before, so
 * that a second run finds the receipt if the first one was committed after all.
 */
@ApplicationScoped
public class Transactions {

    /** Long enough for the closed connection to leave the pool; an immediate retry is handed the same one again. */
    private static final Duration A_TICK = Duration.ofMillis(10);

    /** Below the function's own time-out, so that there is an answer. */
    private static final Duration TIME_OUT = Duration.ofSeconds(26);

    private final Mutiny.SessionFactory sessions;

    @Inject
    Transactions(Mutiny.SessionFactory sessions) {
        this.sessions = sessions;
    }

    /**
     * Runs a transaction.
     *
     * @param receipt the id of the receipt that the work writes
     * @param work what to do; may be run twice, and a second run must recognise that the first one was committed
     * @return the work's item once it is committed; its {@link Refusal}, with everything rolled back; or a 503 refusal that
     *         says whether nothing was changed or the outcome is unknown
     */
    public <T> Uni<T> run(UUID receipt, Function<Mutiny.Session, Uni<T>> work) {
        AtomicBoolean committing = new AtomicBoolean();
        return sessions.withTransaction((session, transaction) -> work.apply(session)
                        .invoke(() -> committing.set(true)))
                .onFailure(Failure::isLostConnection).retry().withBackOff(A_TICK, A_TICK).atMost(1)
                .ifNoItem().after(TIME_OUT).fail()
                .onFailure().transform(failure -> explain(failure, committing.get(), receipt));
    }

    private static Throwable explain(Throwable failure, boolean committing, UUID receipt) {
        Refusal refusal = Failure.find(failure, Refusal.class);
        if (refusal != null) {
            return refusal;
        }
        if (!Failure.isOfTheDatabase(failure)) {
            return failure;
        }
        return committing ? Refusal.outcomeUnknown(receipt, failure) : Refusal.unavailable(failure);
    }
}
