package io.proxykeys.revocation;

import io.proxykeys.problem.ProblemException;
import io.quarkus.runtime.StartupEvent;
import jakarta.annotation.Priority;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import jakarta.interceptor.Interceptor;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jboss.logging.Logger;

/**
 * Before the function asks for its first event, sends the real statements over the connection that is being opened, so that
 * the driver and the server have prepared them: for an account that cannot exist; the server refuses to credit it, and everything
 * is rolled back. Lambda gives a starting process a whole processor, and a share of one afterwards
 * (<a href="https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html">AWS</a>), so that the same work costs
 * the first caller many times as much.
 *
 * <p>A database that is down is harmless here: what has not ended a second after everything else is not waited for.
 */
@Singleton
class RevocationPriming {

    private static final Logger LOG = Logger.getLogger(RevocationPriming.class);
    private static final int BEFORE_ANYTHING_ELSE = Interceptor.Priority.PLATFORM_BEFORE;
    private static final int AFTER_ANYTHING_ELSE = Interceptor.Priority.PLATFORM_AFTER;
    private static final Duration LONGEST = Duration.ofSeconds(1);

    private final Revocations revocations;
    private CompletableFuture<Void> begun;

    @Inject
    RevocationPriming(Revocations revocations) {
        this.revocations = revocations;
    }

    /** First, because it waits for the database while the rest of the start goes on. */
    void begin(@Observes @Priority(BEFORE_ANYTHING_ELSE) StartupEvent start) {
        begun = revocations.rehearse(refused -> LOG.errorf("No revocation can be carried out: %s", refused))
                .onFailure(ProblemException.class).invoke(unavailable -> LOG.warnf("The database cannot be used: %s", unavailable.getCause()))
                .onFailure().recoverWithNull()
                .subscribeAsCompletionStage();
    }

    void awaitEnd(@Observes @Priority(AFTER_ANYTHING_ELSE) StartupEvent start) {
        try {
            begun.get(LONGEST.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            // A database that takes longer is one to be waited for when there is a request.
            LOG.warn("The first event has to wait for what was to be ready before it");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }
}
