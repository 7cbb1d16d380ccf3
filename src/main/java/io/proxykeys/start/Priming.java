package io.proxykeys.start;

import io.proxykeys.auth.AccessTokens;
import io.proxykeys.connection.Connecting;
import io.proxykeys.database.DatabaseUnavailable;
import io.proxykeys.log.LogEvent;
import io.proxykeys.log.Metric;
import io.proxykeys.log.RootCause;
import io.proxykeys.revocation.Revocations;
import io.proxykeys.signingkeys.VerificationKeys;
import io.quarkus.runtime.StartupEvent;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jboss.logging.Logger;

/**
 * Makes ready, before the function asks for its first event, what every call needs. Lambda gives a starting process a whole
 * processor, and a share of one afterwards
 * (<a href="https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html">AWS</a>), so that the same work would cost
 * the first caller many times as much.
 *
 * <p>In this order, each a method of the service it belongs to:
 * <ol>
 * <li>The pool begins to connect when it is made, beside the start of Hibernate.
 * <li>From then on the keys that sign tokens are fetched, too.
 * <li>The statements of a revocation are sent for an account that cannot exist, so that driver and server have prepared them.
 * <li>A token made for nobody is verified, on this thread, while the other two wait for the network.
 * </ol>
 *
 * <p>All of it together takes no longer than {@link #BOUND}. A database or a key set that cannot be used then does not stop the
 * start: the first call that needs it waits for it.
 */
@Singleton
class Priming {

    /** As long as a key set is waited for. */
    private static final Duration BOUND = Duration.ofSeconds(2);

    private static final Logger LOG = Logger.getLogger(Priming.class);

    private final AccessTokens tokens;
    private final VerificationKeys keys;
    private final Revocations revocations;
    private Uni<Void> fetchedKeys;

    @Inject
    Priming(AccessTokens tokens, VerificationKeys keys, Revocations revocations) {
        this.tokens = tokens;
        this.keys = keys;
        this.revocations = revocations;
        this.fetchedKeys = Uni.createFrom().deferred(keys::prime);
    }

    void fetchKeys(@Observes Connecting connecting) {
        fetchedKeys = Uni.createFrom().completionStage(keys.prime().subscribeAsCompletionStage());
    }

    void prime(@Observes StartupEvent start) throws InterruptedException {
        CompletableFuture<Void> ready = Uni.join().all(fetchedKeys, statements()).andFailFast().replaceWithVoid()
                .subscribeAsCompletionStage();
        tokens.prime();
        try {
            ready.get(BOUND.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException late) {
            LOG.warnf("Startup priming took longer than %d s; the first request may be slow", BOUND.toSeconds());
        } catch (ExecutionException e) {
            throw new IllegalStateException("Startup priming failed", e.getCause());
        }
        LogEvent.of("started", "The function is ready").count(Metric.COLD_START).info(LOG);
    }

    private Uni<Void> statements() {
        return revocations.prime(refused -> LOG.errorf("No revocation can be carried out: %s", refused))
                .onFailure(DatabaseUnavailable.class)
                .invoke(unavailable -> LOG.warnf("The database cannot be used: %s", RootCause.message(unavailable)))
                .onFailure().recoverWithNull();
    }
}
