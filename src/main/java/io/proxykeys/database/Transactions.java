package io.proxykeys.database;

import io.proxykeys.account.UnknownAccount;
import io.proxykeys.problem.ProblemException;
import io.smallrye.mutiny.TimeoutException;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Future;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Transaction;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.Supplier;
import org.hibernate.reactive.mutiny.Mutiny;
import org.jboss.logging.Logger;

/**
 * Runs transactions and queries, and knows what a failure of them means.
 *
 * <p>Lambda freezes the process between calls, and the server or a NAT closes the idle connection meanwhile; the first
 * statement then fails. It is then run once more on a new connection. The receipt's id was chosen before, so that a second run
 * finds the receipt if the first one was committed after all. What the server rolled back because of a deadlock or a
 * conflict is run again a few times: {@link Attempts}.
 */
@ApplicationScoped
public class Transactions {

    /** Long enough for the closed connection to leave the pool; an immediate retry is handed the same one again. */
    private static final Duration A_TICK = Duration.ofMillis(10);

    /** Between attempts that others' locks or changes made fail. */
    private static final Duration LONGEST_PAUSE = Duration.ofMillis(200);

    /** With the time to fetch keys still below the function's own time-out, so that there is an answer. */
    private static final Duration TIME_OUT = Duration.ofSeconds(24);

    private static final Logger LOG = Logger.getLogger(Transactions.class);

    private final Pool pool;
    private final Mutiny.SessionFactory sessions;
    private final Duration timeOut;

    /** @param pool for what changes something: statements that are known in advance need nothing of Hibernate on their way */
    @Inject
    Transactions(Pool pool, Mutiny.SessionFactory sessions) {
        this(pool, sessions, TIME_OUT);
    }

    Transactions(Pool pool, Mutiny.SessionFactory sessions, Duration timeOut) {
        this.pool = pool;
        this.sessions = sessions;
        this.timeOut = timeOut;
    }

    /**
     * Runs a transaction that writes a receipt.
     *
     * @param receipt the id of the receipt that the work writes
     * @param work what to do; may be run again, and must then recognise that an earlier run was committed
     * @return the work's item once it is committed; its {@link ProblemException} or {@link UnknownAccount}, with everything rolled
     *         back; or a 503 refusal that says whether nothing was changed or the outcome is unknown
     */
    public <T> Uni<T> run(UUID receipt, Function<SqlConnection, Future<T>> work) {
        return run(receipt, true, work);
    }

    /** Runs a transaction without receipt, which is therefore not run again once its first run may have been committed. */
    public <T> Uni<T> run(Function<SqlConnection, Future<T>> work) {
        return run(null, false, work);
    }

    /**
     * Runs a single query of a Panache repository, outside a transaction: one round trip. Fails with a 503 refusal if the database
     * cannot serve.
     *
     * @param query is called on the event loop, in a session that is closed afterwards, also when nobody waits for the result any
     *              more. ({@code Panache.withSession} would not close it then, and the pool's only connection would stay taken.)
     */
    public <T> Uni<T> read(Supplier<Uni<T>> query) {
        return bounded(sessions.withSession(session -> query.get()), new Attempts(true))
                .onFailure().transform(failure -> explain(failure, false, null));
    }

    /** Bounds several queries together as one is: a 503 refusal if they take too long. */
    public <T> Uni<T> withDeadline(Uni<T> queries) {
        return queries.ifNoItem().after(timeOut).fail().onFailure().transform(failure -> explain(failure, false, null));
    }

    private <T> Uni<T> run(UUID receipt, boolean repeatable, Function<SqlConnection, Future<T>> work) {
        Attempts attempts = new Attempts(repeatable);
        Uni<T> transaction = Uni.createFrom().completionStage(() -> pool
                .withConnection(connection -> transaction(connection, work, attempts))
                .toCompletionStage());
        return bounded(transaction, attempts).onFailure().transform(failure -> explain(failure, attempts.fateUnknown(), receipt));
    }

    /** BEGIN is not waited for: the server takes what follows in its order. */
    private static <T> Future<T> transaction(SqlConnection connection, Function<SqlConnection, Future<T>> work, Attempts attempts) {
        Future<Transaction> begun = connection.begin();
        Future<T> done = Future.succeededFuture(connection).compose(work);
        return begun.compose(transaction -> done.compose(
                result -> attempts.mayCommit() ? transaction.commit().map(result) : rollback(transaction, new TimeoutException()),
                failure -> rollback(transaction, failure)));
    }

    private static <T> Future<T> rollback(Transaction transaction, Throwable failure) {
        return transaction.rollback().transform(ended -> Future.failedFuture(failure));
    }

    private <T> Uni<T> bounded(Uni<T> call, Attempts attempts) {
        return call.onFailure().invoke(failure -> {
                    attempts.failed(failure);
                    if (attempts.another(failure)) {
                        LOG.warnf("Trying again: %s", failure);
                    }
                })
                .onFailure(attempts::another).retry().withBackOff(A_TICK, LONGEST_PAUSE).atMost(Attempts.MOST)
                .ifNoItem().after(timeOut).fail()
                .onFailure().invoke(attempts::end);
    }

    private static Throwable explain(Throwable failure, boolean fateUnknown, UUID receipt) {
        if (fateUnknown) {
            return ProblemException.outcomeUnknown(receipt, failure);
        }
        for (Class<? extends RuntimeException> answer : List.of(ProblemException.class, UnknownAccount.class)) {
            RuntimeException found = Failure.find(failure, answer);
            if (found != null) {
                return found;
            }
        }
        return Failure.isOfTheDatabase(failure) ? ProblemException.unavailable(failure) : failure;
    }
}
