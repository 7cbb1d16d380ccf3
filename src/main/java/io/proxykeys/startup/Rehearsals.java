package io.proxykeys.startup;

import io.quarkus.arc.All;
import io.quarkus.runtime.StartupEvent;
import jakarta.annotation.Priority;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import jakarta.interceptor.Interceptor;
import java.util.List;
import org.jboss.logging.Logger;

/** Runs every {@link Rehearsal} before the function asks for its first event. */
@Singleton
class Rehearsals {

    private static final Logger LOG = Logger.getLogger(Rehearsals.class);
    private static final int AFTER_THE_KEYS_ARE_FETCHED = Interceptor.Priority.LIBRARY_AFTER;

    private final List<Rehearsal> rehearsals;

    @Inject
    Rehearsals(@All List<Rehearsal> rehearsals) {
        this.rehearsals = rehearsals;
    }

    void beforeTheFirstEvent(@Observes @Priority(AFTER_THE_KEYS_ARE_FETCHED) StartupEvent start) {
        for (Rehearsal rehearsal : rehearsals) {
            try {
                rehearsal.rehearse();
            } catch (Throwable failure) {
                // What is down now may be up when the first event comes.
                LOG.warnf("%s: %s", rehearsal, failure);
            }
        }
    }
}
