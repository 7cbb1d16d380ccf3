package io.proxykeys.operation;

import io.proxykeys.http.Response;
import io.proxykeys.problem.ProblemException;
import io.proxykeys.revocation.DeletedKeys;
import io.proxykeys.revocation.Receipt;
import io.proxykeys.revocation.RevocationResult;

/** Words the result of a deletion for HTTP, for the operations that delete. */
public final class RevocationResponse {

    private RevocationResponse() {
    }

    /**
     * 200 with the receipt; a replay is marked as one, and its body is the first answer's, byte for byte.
     *
     * @param message what was done; the same for every answer of an operation
     * @throws ProblemException 429 at the limit, 403 and 404 for a key of another account or none, 422 for a reused Idempotency-Key
     */
    public static Response of(String message, RevocationResult result) {
        return result.fold(
                done -> answer(message, done.receipt()),
                limited -> {
                    throw ProblemException.tooManyRequests(limited.limit().bucket(), limited.limit().burst(),
                            limited.limit().perMinute(), limited.retryAfter());
                },
                refused -> {
                    throw problem(refused);
                });
    }

    private static Response answer(String message, Receipt receipt) {
        Response answer = Response.json(DeletedKeys.of(message, receipt));
        return receipt.replayed() ? answer.with("Idempotency-Replayed", "true") : answer;
    }

    private static ProblemException problem(RevocationResult.Refused refused) {
        return switch (refused) {
            case DEDUPE_KEY_REUSED -> ProblemException.idempotencyKeyReused();
            case FOREIGN_KEY -> ProblemException.foreignKey();
            case UNKNOWN_KEY -> ProblemException.unknownKey();
        };
    }
}
