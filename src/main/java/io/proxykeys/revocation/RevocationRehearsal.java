package io.proxykeys.revocation;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.proxykeys.problem.Refusal;
import io.proxykeys.startup.Rehearsal;
import io.quarkus.vertx.VertxContextSupport;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.UUID;
import org.jboss.logging.Logger;

/**
 * Opens the connection and sends the real statements, so that the driver and the server have prepared them, for an account that
 * cannot exist; the server refuses to credit it, and everything is rolled back. Writes an answer as JSON.
 */
@Singleton
class RevocationRehearsal implements Rehearsal {

    private static final Logger LOG = Logger.getLogger(RevocationRehearsal.class);

    /** A database that takes longer is one to be waited for when there is a request. */
    private static final Duration TIME_OUT = Duration.ofSeconds(1);

    private final Revocations revocations;
    private final ObjectMapper json;

    @Inject
    RevocationRehearsal(Revocations revocations, ObjectMapper json) {
        this.revocations = revocations;
        this.json = json;
    }

    @Override
    public void rehearse() throws Throwable {
        writeAnAnswer();
        VertxContextSupport.subscribeAndAwait(() -> revocations.rehearse()
                .ifNoItem().after(TIME_OUT).fail()
                .onFailure(Refusal.class).invoke(unavailable -> LOG.warnf("The database cannot be used: %s", unavailable.getCause()))
                .onFailure().recoverWithNull());
    }

    private void writeAnAnswer() throws JsonProcessingException {
        json.writeValueAsBytes(new DeletedKeys("", 0, BigDecimal.ZERO, BigDecimal.ZERO, new UUID(0, 0), 0));
    }
}
