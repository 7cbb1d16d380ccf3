package io.proxykeys.operation;

import io.proxykeys.problem.ProblemException;
import io.vertx.pgclient.PgException;
import java.util.Set;
import java.util.function.Supplier;

/** What a statement refused, for the operations that change keys. */
public final class Refused {

    /** The secret was burnt by an alert, or is another key's (unique_violation; PostgreSQL manual, appendix A). */
    private static final Set<String> SECRET = Set.of("PK008", "23505");

    private Refused() {
    }

    /** Whether a statement failed because of the secret of a new key. Nothing was changed, and another secret would do. */
    public static boolean isOfSecret(Throwable failure) {
        return failure instanceof PgException error && error.getSqlState() != null && SECRET.contains(error.getSqlState());
    }

    /**
     * The result of a statement that refused the call: throws the refusal, but only when it is asked for its value. The transaction is
     * committed before, so that the call is counted against the account's limit.
     */
    public static <T> Supplier<T> because(ProblemException refusal) {
        return () -> {
            throw refusal;
        };
    }
}
