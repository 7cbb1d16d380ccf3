package io.proxykeys.revocation;

import io.proxykeys.problem.Refusal;
import io.proxykeys.startup.Rehearsal;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.Priority;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import org.jboss.logging.Logger;

/**
 * Opens the connection and sends the real statements, so that the driver and the server have prepared them, for an account that
 * cannot exist; the server refuses to credit it, and everything is rolled back. Begins first, because it waits.
 */
@Singleton
@Priority(1)
class RevocationRehearsal implements Rehearsal {

    private static final Logger LOG = Logger.getLogger(RevocationRehearsal.class);

    private final Revocations revocations;

    @Inject
    RevocationRehearsal(Revocations revocations) {
        this.revocations = revocations;
    }

    @Override
    public Uni<Void> rehearse() {
        return revocations.rehearse()
                .onFailure(Refusal.class).invoke(unavailable -> LOG.warnf("The database cannot be used: %s", unavailable.getCause()))
                .onFailure().recoverWithNull();
    }
}
