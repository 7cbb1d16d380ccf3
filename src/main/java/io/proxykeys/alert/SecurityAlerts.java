package io.proxykeys.alert;

import io.proxykeys.database.CommitGate;
import io.proxykeys.database.OutcomeUnknown;
import io.proxykeys.database.UnknownAccount;
import io.proxykeys.json.JsonText;
import io.proxykeys.revocation.AlertRequest;
import io.proxykeys.revocation.AlertResult;
import io.proxykeys.revocation.AlertRevocations;
import io.proxykeys.revocation.AlertTarget;
import io.proxykeys.revocation.DeletedKeys;
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

    private static final JsonText.Value UNKNOWN_KEY = json -> {
        json.writeStringField("message", "No such proxy key");
        json.writeBooleanField("known", false);
        json.writeNumberField("deleted", 0);
    };

    private final AlertRevocations revocations;
    private final Clock clock = Clock.systemUTC();

    @Inject
    SecurityAlerts(AlertRevocations revocations) {
        this.revocations = revocations;
    }

    /**
     * Carries out an alert. The same one again returns the first receipt and changes nothing.
     *
     * @param gate is closed when nobody waits for the answer any longer
     * @return the fields of the answer to a deletion or a suspension, and {@code keys_spared}: how many newer keys there were; or that
     *         the key it names does not live. Fails with {@link InvalidAlert} if it is not an alert, or malformed, or its account is
     *         unknown, and with {@link AlertFailed} if it could not be carried out
     */
    public Uni<JsonText.Value> handle(Envelope envelope, CommitGate gate) {
        SecurityAlert alert = SecurityAlert.of(envelope, clock);
        AlertRequest request = alert.request();
        return revocations.revoke(request, gate)
                .map(result -> answer(result, request))
                .onFailure(failure -> !(failure instanceof InvalidAlert))
                .transform(failure -> failure instanceof UnknownAccount
                        ? new InvalidAlert("detail.account_id is not an account of ours")
                        : new AlertFailed("alert " + alert.id() + ": " + explain(failure, request), failure));
    }

    private static JsonText.Value answer(AlertResult result, AlertRequest request) {
        if (result instanceof AlertResult.Done done) {
            return answer(done);
        }
        if (result instanceof AlertResult.Suspended done) {
            return json -> {
                done.suspension().members(json);
                json.writeNumberField("keys_spared", done.suspension().spared());
            };
        }
        if (result instanceof AlertResult.UnknownKey) {
            return UNKNOWN_KEY;
        }
        if (result == AlertResult.Impossible.FOREIGN_KEY) {
            throw new InvalidAlert("the key is not one of detail.account_id");
        }
        boolean stated = request.target() instanceof AlertTarget.Key key && key.account().isPresent();
        throw new InvalidAlert("the key does not live, and whose it was is not known: "
                + (stated ? "detail.account_id is not an account of ours" : "state detail.account_id"));
    }

    private static JsonText.Value answer(AlertResult.Done done) {
        boolean oldSecret = done.operation().equals("old_secret");
        String message = oldSecret ? "Old secret revoked" : done.operation().equals("all") ? DeletedKeys.ALL : DeletedKeys.ONE;
        return json -> {
            DeletedKeys.of(message, done.receipt()).members(json);
            json.writeNumberField("keys_spared", done.receipt().spared());
            if (oldSecret) {
                json.writeBooleanField("known", true);
            }
        };
    }

    /** The message that a person reads in the failure queue. */
    private static String explain(Throwable failure, AlertRequest request) {
        return failure instanceof OutcomeUnknown ? AlertFailed.outcomeUnknown(Optional.of(request.id()))
                : "it was not carried out: " + (failure.getMessage() == null ? failure.toString() : failure.getMessage());
    }
}
