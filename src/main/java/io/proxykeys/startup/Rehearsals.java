package io.proxykeys.startup;

import io.quarkus.arc.All;
import io.quarkus.runtime.StartupEvent;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.Priority;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import jakarta.interceptor.Interceptor;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jboss.logging.Logger;

/** Runs every {@link Rehearsal}, side by side, before the function asks for its first event. */
@Singleton
class Rehearsals {

    private static final Logger LOG = Logger.getLogger(Rehearsals.class);
    private static final int AFTER_THE_KEYS_ARE_FETCHED = Interceptor.Priority.LIBRARY_AFTER;

    private static final Duration LONGEST = Duration.ofSeconds(1);

    private final List<Rehearsal> rehearsals;

    @Inject
    Rehearsals(@All List<Rehearsal> rehearsals) {
        this.rehearsals = rehearsals;
    }

    void beforeTheFirstEvent(@Observes @Priority(AFTER_THE_KEYS_ARE_FETCHED) StartupEvent start) {
        CompletableFuture<?>[] begun = rehearsals.stream().map(Rehearsals::begin).toArray(CompletableFuture[]::new);
        try {
            CompletableFuture.allOf(begun).get(LONGEST.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            // A database that takes longer is one to be waited for when there is a request.
            LOG.warn("The first event has to wait for what was to be ready before it");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }

    /** What is down now may be up when the first event comes. */
    private static CompletableFuture<?> begin(Rehearsal rehearsal) {
        return Uni.createFrom().deferred(rehearsal::rehearse)
                .onFailure().invoke(failure -> LOG.warnf("%s: %s", rehearsal, failure))
                .onFailure().recoverWithNull()
                .subscribeAsCompletionStage();
    }
}
