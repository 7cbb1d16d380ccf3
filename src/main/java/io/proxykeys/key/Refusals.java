package io.proxykeys.key;

import io.proxykeys.database.RateLimit;
import io.proxykeys.problem.ProblemException;
import io.vertx.pgclient.PgException;
import io.vertx.sqlclient.Row;
import java.time.Duration;
import java.util.Set;
import java.util.function.Supplier;

/** What a statement about keys refused, and the answer to it. */
public final class Refusals {

    /** The secret was burnt by an alert, or is another key's (unique_violation; PostgreSQL manual, appendix A). */
    private static final Set<String> SECRET = Set.of("PK008", "23505");

    private Refusals() {
    }

    /** Whether a statement failed because of the secret of a new key. Nothing was changed, and another secret would do. */
    public static boolean isOfSecret(Throwable failure) {
        return failure instanceof PgException error && error.getSqlState() != null && SECRET.contains(error.getSqlState());
    }

    /**
     * The refusals that several operations have, by the value of the column {@code outcome}.
     *
     * @param row of the result, with {@code retry_after} where the call has to wait
     * @param limit that the call counts against
     */
    public static <T> Supplier<T> of(Row row, RateLimit limit) {
        String outcome = row.getString("outcome");
        return because(switch (outcome) {
            case "limited" -> ProblemException.tooManyRequests(limit.bucket(), limit.burst(), limit.perMinute(),
                    Duration.ofSeconds(row.getInteger("retry_after")));
            case "blocked" -> ProblemException.newKeysBlocked(Duration.ofSeconds(row.getInteger("retry_after")));
            case "foreign" -> ProblemException.foreignKey();
            case "unknown" -> ProblemException.unknownKey();
            case "insufficient" -> ProblemException.insufficientBalance();
            case "reused" -> ProblemException.idempotencyKeyReused();
            default -> throw new IllegalStateException("no such outcome: " + outcome);
        });
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
