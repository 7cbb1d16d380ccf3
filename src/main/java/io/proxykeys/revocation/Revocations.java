package io.proxykeys.revocation;

import io.proxykeys.auth.Caller;
import io.proxykeys.config.Settings;
import io.proxykeys.database.AccountLock;
import io.proxykeys.database.CommitGate;
import io.proxykeys.database.DatabaseUnavailable;
import io.proxykeys.database.OutcomeUnknown;
import io.proxykeys.database.RateLimit;
import io.proxykeys.database.Transactions;
import io.proxykeys.database.UnknownAccount;
import io.proxykeys.problem.ProblemException;
import io.smallrye.mutiny.Uni;
import io.vertx.pgclient.PgException;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Deletes keys and returns their unused credits, in one transaction: BEGIN, {@link AccountLock}, {@link RevocationStatement}, all
 * sent at once, and COMMIT when they have been answered. Either all of it happened when the answer is given, or nothing.
 */
@ApplicationScoped
public class Revocations {

    /** Class of SQLSTATE: no such function, or no right to call it. */
    private static final String SYNTAX_OR_ACCESS = "42";

    /** An account id that the database does not admit. */
    private static final Caller NOBODY = new Caller("", null, null);

    private final Transactions transactions;
    private final Settings settings;

    @Inject
    Revocations(Transactions transactions, Settings settings) {
        this.transactions = transactions;
        this.settings = settings;
    }

    /**
     * Carries out a request.
     *
     * @param gate of whoever waits for it
     * @return the receipt, once it is committed, also of an earlier request that this one repeats. Fails with the
     *         {@link ProblemException} to answer with (429 at the limit, 403 and 404 for a key of another account or none, 422 for a
     *         reused {@code Idempotency-Key}), or with {@link UnknownAccount}, {@link DatabaseUnavailable} or {@link OutcomeUnknown}
     */
    public Uni<Receipt> revoke(RevocationRequest request, CommitGate gate) {
        return transactions.run(gate, request.id(), RevocationStatement.of(request, request.bucket().limit(settings))::send)
                .map(Supplier::get)
                .invoke(receipt -> RevocationLog.write(request, receipt));
    }

    /**
     * Sends the statements of a revocation for no account. Fails in any case: there is nothing to be credited.
     *
     * @param refused is told why the database would not carry out any revocation: the function is missing, or not granted
     */
    public Uni<Void> prime(Consumer<Throwable> refused) {
        RevocationRequest request = RevocationRequest.ofSelection(NOBODY, Selection.ALL, 0, Optional.empty());
        RateLimit limit = request.bucket().limit(settings);
        return transactions.run(new CommitGate(), request.id(), RevocationStatement.of(request, limit)::send)
                .onFailure(Revocations::isRefused).invoke(refused)
                .replaceWithVoid();
    }

    /** The lock's function or the second statement's: it is missing, or not granted. */
    private static boolean isRefused(Throwable failure) {
        Throwable cause = failure instanceof UnknownAccount ? failure.getCause() : failure;
        return cause instanceof PgException error && error.getSqlState() != null && error.getSqlState().startsWith(SYNTAX_OR_ACCESS);
    }
}
