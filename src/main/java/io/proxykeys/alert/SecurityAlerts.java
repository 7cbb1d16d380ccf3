package io.proxykeys.alert;

import io.proxykeys.account.UnknownAccount;
import io.proxykeys.database.CommitGate;
import io.proxykeys.database.OutcomeUnknown;
import io.proxykeys.json.JsonText;
import io.proxykeys.revocation.DeletedKeys;
import io.proxykeys.revocation.Receipt;
import io.proxykeys.revocation.RevocationRequest;
import io.proxykeys.revocation.RevocationResult;
import io.proxykeys.revocation.Revocations;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.time.Clock;
import java.util.Optional;

/**
 * Revokes because of an alert: the same deletion as for a person, of the keys that existed when the alert was raised. Every failure is an
 * exception and so a function error: Lambda repeats the event and then hands it to the on-failure destination
 * (<a href="https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html">AWS</a>).
 */
@ApplicationScoped
public class SecurityAlerts {

    private final Revocations revocations;
    private final Clock clock = Clock.systemUTC();

    @Inject
    SecurityAlerts(Revocations revocations) {
        this.revocations = revocations;
    }

    /**
     * Carries out an alert. The same one again returns the first receipt and changes nothing.
     *
     * @param gate is closed when nobody waits for the answer any longer
     * @return the fields of the answer to delete-all, and {@code keys_spared}: how many newer keys there were; fails with
     *         {@link AlertRefused} if it is not an alert, or malformed, or its account is unknown, and with {@link AlertFailed} if
     *         it could not be carried out
     */
    public Uni<JsonText.Value> handle(Envelope envelope, String awsRequestId, CommitGate gate) {
        SecurityAlert alert = SecurityAlert.of(envelope, clock);
        RevocationRequest.OfAlert request = new RevocationRequest.OfAlert(RevocationRequest.newId(), alert.account(), alert.id(),
                alert.source(), Optional.ofNullable(alert.reason()), alert.detectedAt(), alert.blockNewKeysSeconds(), awsRequestId);
        return revocations.revoke(request, gate)
                .map(SecurityAlerts::answer)
                .onFailure().transform(failure -> failure instanceof UnknownAccount
                        ? new AlertRefused("detail.account_id is not an account of ours")
                        : new AlertFailed("alert " + request.alertId() + ": " + explain(failure, request), failure));
    }

    private static JsonText.Value answer(RevocationResult result) {
        return result.fold(
                done -> answer(done.receipt()),
                limited -> {
                    throw new IllegalStateException("an alert was limited");
                },
                refused -> {
                    throw new IllegalStateException("an alert was refused: " + refused);
                });
    }

    private static JsonText.Value answer(Receipt receipt) {
        return json -> {
            DeletedKeys.of(DeletedKeys.ALL, receipt).members(json);
            json.writeNumberField("keys_spared", receipt.spared());
        };
    }

    /** The message that a person reads in the failure queue. */
    private static String explain(Throwable failure, RevocationRequest request) {
        return failure instanceof OutcomeUnknown ? AlertFailed.outcomeUnknown(Optional.of(request.id()))
                : "it was not carried out: " + (failure.getMessage() == null ? failure.toString() : failure.getMessage());
    }
}
