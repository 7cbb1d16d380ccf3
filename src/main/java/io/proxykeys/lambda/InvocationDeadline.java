package io.proxykeys.lambda;

import io.proxykeys.log.CallId;
import io.quarkus.vertx.core.runtime.context.VertxContextSafetyToggle;
import io.smallrye.common.vertx.VertxContext;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

/**
 * Holds the deadline of an invocation: waits, on the thread that polls for events, for work that is done on the event loop, and no longer
 * than until there is just time to answer.
 *
 * <p>Every other bound of a call is a timer: it is set on the event loop and expires on a worker thread. What cannot begin, because
 * the event loop is blocked, sets no timer, and what expires while every worker is blocked is not told. So this thread waits with a
 * bound of its own, needs nobody for it, and can always answer in time.
 */
@Singleton
class InvocationDeadline {

    /** What is left of the invocation to answer in. */
    private static final int TO_ANSWER_MILLIS = 1_000;

    /** The longest that Lambda lets a function run (AWS, "Lambda quotas"): 15 minutes. What says more states no deadline. */
    private static final int LONGEST_INVOCATION_MILLIS = 900_000;

    /** Without a deadline, as in development: below the 30 seconds that the gateway waits. */
    private static final int WITHOUT_DEADLINE_MILLIS = 28_000;

    private final Vertx vertx;
    private final EndOfInstance end;

    @Inject
    InvocationDeadline(Vertx vertx, EndOfInstance end) {
        this.vertx = vertx;
        this.end = end;
    }

    /**
     * How long to wait for the work of an invocation: until one second before its deadline, or half of the time if there is no
     * such second.
     *
     * @param remainingMillis as of {@link com.amazonaws.services.lambda.runtime.Context#getRemainingTimeInMillis}; without a deadline it is
     * a number without meaning
     */
    static Duration bound(int remainingMillis) {
        if (remainingMillis <= 0 || remainingMillis > LONGEST_INVOCATION_MILLIS) {
            return Duration.ofMillis(WITHOUT_DEADLINE_MILLIS);
        }
        return Duration.ofMillis(Math.max(remainingMillis - TO_ANSWER_MILLIS, remainingMillis / 2));
    }

    /**
     * Subscribes on the event loop and waits.
     *
     * @param awsRequestId the invocation, for the log
     * @param work is cancelled when it takes too long
     * @return its item
     * @throws TimeoutException if there is none within the bound
     * @throws Throwable its failure
     */
    <T> T await(Duration bound, String awsRequestId, Supplier<Uni<T>> work) throws Throwable {
        end.begin();
        try {
            return result(bound, awsRequestId, work);
        } finally {
            end.answered();
        }
    }

    private <T> T result(Duration bound, String awsRequestId, Supplier<Uni<T>> work) throws Throwable {
        Context context = VertxContext.createNewDuplicatedContext(vertx.getOrCreateContext());
        // Each call has a context of its own, so what is kept in it, such as a session of the database, is safe there.
        VertxContextSafetyToggle.setContextSafe(context, true);
        CompletableFuture<T> item = Uni.createFrom().deferred(work::get)
                .runSubscriptionOn(command -> context.runOnContext(ignored -> {
                    CallId.set(awsRequestId);
                    command.run();
                }))
                .subscribeAsCompletionStage();
        try {
            return item.get(bound.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw e.getCause();
        } finally {
            item.cancel(false);
        }
    }
}
