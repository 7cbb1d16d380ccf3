package io.proxykeys.alert;

import io.proxykeys.account.UnknownAccount;
import io.proxykeys.json.JsonText;
import io.proxykeys.problem.ProblemException;
import io.proxykeys.revocation.DeletedKeys;
import io.proxykeys.revocation.Receipt;
import io.proxykeys.revocation.RevocationRequest;
import io.proxykeys.revocation.Revocations;
import io.quarkus.vertx.VertxContextSupport;
import io.smallrye.mutiny.TimeoutException;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.time.Clock;
import java.time.Duration;

/**
 * Revokes because of an alert: the same deletion as for a person, of the keys that existed when the alert was raised. Called on
 * the thread that polls for events, and waits there. Every failure is an exception and so a function error: Lambda repeats the
 * event and then hands it to the on-failure destination
 * (<a href="https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html">AWS</a>).
 */
@ApplicationScoped
public class SecurityAlerts {

    /** So that the failure is ours to report, and not Lambda's to time out. */
    private static final Duration BEFORE_THE_END = Duration.ofSeconds(1);

    /** For a Runtime API that names no deadline, as in development; a transaction ends by itself before that. */
    private static final Duration WITHOUT_DEADLINE = Duration.ofSeconds(28);

    private final Revocations revocations;
    private final Clock clock = Clock.systemUTC();

    @Inject
    SecurityAlerts(Revocations revocations) {
        this.revocations = revocations;
    }

    /**
     * Carries out an alert. The same one again returns the first receipt and changes nothing.
     *
     * @return the fields of the answer to delete-all, and {@code keys_spared}: how many newer keys there were
     * @param remaining how long the invocation may still take
     * @throws AlertRefused if it is not an alert, or malformed, or its account is unknown
     * @throws AlertFailed if the database cannot be used
     */
    public JsonText.Value handle(SecurityAlert.Envelope envelope, String awsRequestId, Duration remaining) {
        SecurityAlert alert = SecurityAlert.of(envelope, clock);
        RevocationRequest request = RevocationRequest.alert(alert.account(), alert.id(), alert.source(), alert.reason(),
                alert.detectedAt(), alert.blockNewKeysSeconds(), awsRequestId);
        Receipt receipt = carryOut(request, bound(remaining));
        return json -> {
            DeletedKeys.of(DeletedKeys.ALL, receipt).members(json);
            json.writeNumberField("keys_spared", receipt.spared());
        };
    }

    private Receipt carryOut(RevocationRequest request, Duration bound) {
        try {
            return VertxContextSupport.subscribeAndAwait(() -> revocations.revoke(request).ifNoItem().after(bound).fail());
        } catch (UnknownAccount unknown) {
            throw new AlertRefused("detail.account_id is not an account of ours");
        } catch (Throwable failure) {
            // An Error too: it would end the thread that polls for events.
            throw new AlertFailed("alert " + request.dedupeKey() + ": " + explain(failure, request), failure);
        }
    }

    /** For whoever reads the failure queue. */
    private static String explain(Throwable failure, RevocationRequest request) {
        boolean unknown = failure instanceof TimeoutException
                || failure instanceof ProblemException refusal && refusal.problem().revocationId() != null;
        return unknown ? "whether it was carried out is unknown: if there is a receipt " + request.id()
                + ", it was. Replaying the event is safe"
                : "it was not carried out: " + (failure.getMessage() == null ? failure.toString() : failure.getMessage());
    }

    private static Duration bound(Duration remaining) {
        if (remaining.isNegative() || remaining.isZero()) {
            return WITHOUT_DEADLINE;
        }
        Duration bound = remaining.minus(BEFORE_THE_END);
        return bound.isNegative() || bound.isZero() ? remaining.dividedBy(2) : bound;
    }
}
