package io.proxykeys.database;

import io.proxykeys.connection.DatabasePool;
import io.proxykeys.connection.SilentConnection;
import io.smallrye.mutiny.TimeoutException;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.vertx.UniHelper;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import org.hibernate.reactive.mutiny.Mutiny;
import org.jboss.logging.Logger;

/**
 * Runs transactions and queries, and tries again what may be tried again ({@link Attempt}).
 *
 * <p>Lambda freezes the process between calls, and the server or a NAT may close or forget the idle connection until it is thawed; the
 * first statement then fails, or is not answered. It is run once more on a new connection. The receipt's id was chosen before, so that
 * a second run finds the receipt if the first one was committed after all. What the server rolled back because of a deadlock or a
 * conflict is run again a few times.
 *
 * <p>Every method fails with {@link DatabaseUnavailable} if nothing was changed, with {@link OutcomeUnknown} if that is not known,
 * and with what the work failed with if that says nothing about the database. All attempts of a call together are bounded.
 */
@ApplicationScoped
public class Transactions {

    /** Names the isolation level, whatever the default is; Vert.x' {@code begin()} cannot. */
    private static final String BEGIN = "BEGIN ISOLATION LEVEL READ COMMITTED";

    /** Long enough for the closed connection to leave the pool; an immediate retry is handed the same one again. */
    private static final int SHORTEST_PAUSE_MILLIS = 10;

    /** Between attempts that others' locks or changes made fail. */
    private static final int LONGEST_PAUSE_MILLIS = 200;

    /** A living server answers BEGIN at once, whatever the lock behind it does. A pooler may have it wait in a queue. */
    private static final int BEGIN_MILLIS = 1_500;

    /**
     * COMMIT waits for no lock. Above the 4 s after which the server ends a transaction whose COMMIT never came, so that the next
     * attempt finds the account free.
     */
    private static final int COMMIT_MILLIS = 6_000;

    /** Reads take milliseconds: that a read takes longer is taken for the loss of the connection, once. */
    private static final Duration FIRST_READ = Duration.ofSeconds(4);

    /** A read has no transaction to set a bound in. */
    private static final Duration LAST_READ = Duration.ofSeconds(12);

    /** How long the attempts of a call may take together, even if whoever waits for it says less: then that is who gives up. */
    private static final Duration TIMEOUT = Duration.ofSeconds(24);

    /** To say, before whoever waits gives up, that nothing was changed. */
    private static final Duration TO_ANSWER = Duration.ofSeconds(1);

    /** Up to this, a call is content with the bounds that every transaction has (db/migration/R__1_lock.sql). */
    private static final Duration LONGEST_CALL = Duration.ofSeconds(30);

    /** For an alert, which has minutes. Not waited for, and without effect outside of a transaction. */
    private static final String BOUND = "SELECT bound_transaction($1)";

    private static final Logger LOG = Logger.getLogger(Transactions.class);

    private final Vertx vertx;
    private final Pool pool;
    private final DatabasePool connections;
    private final Mutiny.SessionFactory sessions;
    private final Duration timeout;

    /** @param pool for what changes something: statements that are known in advance need nothing of Hibernate on their way */
    @Inject
    Transactions(Vertx vertx, Pool pool, DatabasePool connections, Mutiny.SessionFactory sessions) {
        this(vertx, pool, connections, sessions, TIMEOUT);
    }

    Transactions(Vertx vertx, Pool pool, DatabasePool connections, Mutiny.SessionFactory sessions, Duration timeout) {
        this.vertx = vertx;
        this.pool = pool;
        this.connections = connections;
        this.sessions = sessions;
        this.timeout = timeout;
    }

    /**
     * Runs a transaction that writes a receipt.
     *
     * @param gate of whoever waits for the call
     * @param receipt the id of the receipt that the work writes
     * @param work what to do; may be run again, and must then recognise that an earlier run was committed
     * @return the work's item once it is committed; fails with the work's own failure, and then everything is rolled back
     */
    public <T> Uni<T> run(CommitGate gate, UUID receipt, Function<SqlConnection, Future<T>> work) {
        gate.writes(receipt);
        return run(gate, Attempt.first(true), work);
    }

    /**
     * Runs a transaction that writes no receipt and may be run again.
     *
     * @param work what to do; must recognise that an earlier run was committed
     */
    public <T> Uni<T> runAgainIfLost(CommitGate gate, Function<SqlConnection, Future<T>> work) {
        return run(gate, Attempt.first(true), work);
    }

    /** Runs a transaction without receipt, which is therefore not run again once its first run may have been committed. */
    public <T> Uni<T> run(CommitGate gate, Function<SqlConnection, Future<T>> work) {
        return run(gate, Attempt.first(false), work);
    }

    private <T> Uni<T> run(CommitGate gate, Attempt first, Function<SqlConnection, Future<T>> work) {
        return bounded(gate, attempt(first, gate, attempt -> UniHelper.toUni(
                pool.withConnection(connection -> transaction(connection, work, gate, attempt)))
                .onCancellation().invoke(connections::renew)));
    }

    /**
     * Runs a single query of a Panache repository, outside a transaction: one round trip.
     *
     * @param query is called on the event loop, in a session that is closed afterwards, also when nobody waits for the result any
     *              more. ({@code Panache.withSession} would not close it then, and the pool's only connection would stay taken.)
     */
    public <T> Uni<T> read(Supplier<Uni<T>> query) {
        CommitGate nothingToCommit = new CommitGate();
        return bounded(nothingToCommit, attempt(Attempt.first(true), nothingToCommit, attempt -> {
            Uni<T> rows = sessions.withSession(session -> query.get()).onCancellation().invoke(connections::cancel);
            return attempt.isRepeatedIfLost(false)
                    ? rows.ifNoItem().after(FIRST_READ).failWith(() -> new SilentConnection("no answer to a read"))
                    : rows.ifNoItem().after(LAST_READ).fail();
        }));
    }

    /** Bounds several queries together as one is. */
    public <T> Uni<T> withDeadline(Uni<T> queries) {
        return bounded(new CommitGate(), queries);
    }

    /**
     * BEGIN is not waited for: the server takes what follows in its order. COMMIT is sent only when every statement has succeeded: the
     * server answers COMMIT of a failed transaction by rolling back, and calls that no error. Whatever fails, the connection is kept until
     * the work has ended: what it would send later would be in the transaction of whoever has the connection next.
     *
     * @param work may fail while statements that it has sent are not answered yet, but sends nothing afterwards
     */
    private <T> Future<T> transaction(SqlConnection connection, Function<SqlConnection, Future<T>> work, CommitGate gate,
            Attempt attempt) {
        Future<?> begun = send(connection, BEGIN, BEGIN_MILLIS, attempt.isRepeatedIfLost(gate.outcomeUnknown()));
        Duration left = gate.left().minus(TO_ANSWER);
        Future<?> bound = left.compareTo(LONGEST_CALL) < 0 ? begun
                : connection.preparedQuery(BOUND).execute(Tuple.of((int) left.minus(TO_ANSWER).toMillis()));
        Future<T> done = Future.succeededFuture(connection).compose(work);
        return Future.join(begun, bound, done).compose(
                all -> gate.tryBeginCommit() ? send(connection, "COMMIT", COMMIT_MILLIS, attempt.isRepeatedIfLost(true)).map(done.result())
                        : rollback(connection, new TimeoutException()),
                failure -> rollback(connection, failure));
    }

    /**
     * @param millis after which silence is taken for the loss of the connection, which is then given up
     * @param repeated whether another attempt would follow; otherwise the answer is waited for for as long as there is time
     */
    private Future<RowSet<Row>> send(SqlConnection connection, String statement, int millis, boolean repeated) {
        Future<RowSet<Row>> answer = connection.query(statement).execute();
        return !repeated ? answer : answer.timeout(millis, TimeUnit.MILLISECONDS).recover(failure -> {
            if (failure instanceof java.util.concurrent.TimeoutException) {
                connections.renew();
                return Future.failedFuture(new SilentConnection("no answer within " + millis + " ms to " + statement));
            }
            return Future.failedFuture(failure);
        });
    }

    private static <T> Future<T> rollback(SqlConnection connection, Throwable failure) {
        return connection.query("ROLLBACK").execute().transform(ended -> Future.failedFuture(failure));
    }

    private <T> Uni<T> attempt(Attempt attempt, CommitGate gate, Function<Attempt, Uni<T>> work) {
        return Uni.createFrom().deferred(() -> work.apply(attempt)).onFailure().recoverWithUni(failure -> {
            SqlFailure kind = SqlFailure.of(failure);
            if (kind == SqlFailure.ROLLED_BACK) {
                gate.rolledBack();
            } else {
                gate.lost();
            }
            if (kind == SqlFailure.READ_ONLY || kind == SqlFailure.STALE_STATEMENT) {
                connections.renew();
            } else if (kind == SqlFailure.REFUSED_LOGIN) {
                LOG.errorf("The database refused the login: %s", failure.getMessage());
            }
            return switch (attempt.decide(kind, gate.outcomeUnknown())) {
                case RETRY -> {
                    LOG.warnf("Trying again: %s", failure);
                    yield pause(attempt).chain(() -> attempt(attempt.next(kind), gate, work));
                }
                case GIVE_UP -> Uni.createFrom().failure(kind == SqlFailure.OTHER ? failure : new DatabaseUnavailable(failure));
                case OUTCOME_UNKNOWN -> Uni.createFrom().failure(new OutcomeUnknown(gate.receipt().orElse(null), failure));
            };
        });
    }

    /** Twice as long after each attempt, and not the same for two instances that are in each other's way; on the event loop. */
    private Uni<Void> pause(Attempt attempt) {
        int least = Math.min(SHORTEST_PAUSE_MILLIS << attempt.earlier(), LONGEST_PAUSE_MILLIS / 2);
        return UniHelper.toUni(vertx.timer(ThreadLocalRandom.current().nextInt(least, 2 * least), TimeUnit.MILLISECONDS));
    }

    /** The bound comes from another thread than the work. What has not begun to commit when it is reached never will. */
    private <T> Uni<T> bounded(CommitGate gate, Uni<T> call) {
        Duration left = gate.left().minus(TO_ANSWER);
        return call.ifNoItem().after(left.compareTo(timeout) > 0 ? left : timeout).failWith(() -> gate.giveUp(new TimeoutException()));
    }
}
