package io.proxykeys.startup;

import com.oracle.svm.core.annotate.Substitute;
import com.oracle.svm.core.annotate.TargetClass;
import io.quarkus.arc.Arc;
import io.quarkus.hibernate.orm.runtime.JPAConfig;
import io.vertx.sqlclient.Pool;
import org.jboss.logging.Logger;

/**
 * Has the database connected to before Hibernate starts, and Hibernate start beside the rest of the native function, which
 * otherwise waits for it ({@code src/docs/performance.md}). Nothing is left for later: the bean of the session factory is made at
 * start-up and waits for Hibernate, and a failure of it ends the start. A Quarkus without this method stops the native build.
 */
@TargetClass(JPAConfig.class)
final class HibernateBesideTheRest {

    @Substitute
    void startAll() {
        // Its first use makes the pool, and the pool begins to connect.
        Arc.container().instance(Pool.class).get().size();
        new Thread(new Start((JPAConfig) (Object) this), "Hibernate").start();
    }

    private HibernateBesideTheRest() {
    }

    private record Start(JPAConfig units) implements Runnable {

        private static final Logger LOG = Logger.getLogger(Start.class);

        @Override
        public void run() {
            try {
                units.getEntityManagerFactories();
            } catch (RuntimeException | Error e) {
                // Whoever asks for the session factory fails too, and ends the start, but without knowing the cause.
                LOG.error("Hibernate cannot start", e);
            }
        }
    }
}
