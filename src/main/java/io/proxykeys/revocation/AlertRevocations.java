package io.proxykeys.revocation;

import io.proxykeys.database.CommitGate;
import io.proxykeys.database.DatabaseUnavailable;
import io.proxykeys.database.OutcomeUnknown;
import io.proxykeys.database.Transactions;
import io.proxykeys.database.UnknownAccount;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;

/**
 * Deletes keys because of an alert, in one transaction: BEGIN, {@link AlertStatements}, COMMIT. Either all of it happened when the
 * answer is given, or nothing. An alert and a creation of the secret it names wait for each other; if the key appeared while the alert
 * was carried out, the server asks for another attempt (40001), and gets it ({@link Transactions}).
 */
@ApplicationScoped
public class AlertRevocations {

    private final Transactions transactions;

    @Inject
    AlertRevocations(Transactions transactions) {
        this.transactions = transactions;
    }

    /**
     * Carries out an alert. The same one again returns the first receipt and changes nothing.
     *
     * @param gate of whoever waits for it
     * @return what became of it, once it is committed. Fails with {@link UnknownAccount} if it names an account that is not there,
     *         {@link DatabaseUnavailable} or {@link OutcomeUnknown}
     */
    public Uni<AlertResult> revoke(AlertRequest request, CommitGate gate) {
        return transactions.run(gate, request.id(), connection -> AlertStatements.send(connection, request))
                .invoke(result -> RevocationLog.write(request, result));
    }
}
