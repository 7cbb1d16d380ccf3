package io.proxykeys.http;

import io.proxykeys.database.CommitGate;
import io.proxykeys.problem.ProblemException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A request as the gateway delivered it: no header is split at commas, and nothing is decoded that is compared as it is.
 *
 * @param route what is asked for
 * @param query the query, undecoded, without the question mark, {@code ""} if there is none; empty if the event contradicts
 *              itself about whether there is one
 * @param headers by their names as delivered
 * @param body as delivered; may be {@code null}
 * @param isBase64Encoded whether the body is written in base64
 * @param awsRequestId the id under which AWS logs this invocation
 * @param bound how long its sender is kept waiting
 * @param gate stands before every COMMIT of this request, until nobody waits for its answer any longer
 */
public record Request(Route route, Optional<String> query, Map<String, String> headers, String body, boolean isBase64Encoded,
        String awsRequestId, Duration bound, CommitGate gate) {

    /**
     * The bytes of the body, as its sender wrote them; empty if it is said to be base64 and is not.
     *
     * @throws ProblemException 413 if there are more than this
     */
    public Optional<byte[]> bytes(int most) {
        String text = body == null ? "" : body;
        // Cheaper than decoding: a character is a byte or more, and of base64 three quarters of one.
        if (text.length() > (isBase64Encoded ? 2 * most : most)) {
            throw ProblemException.bodyTooLarge(most);
        }
        byte[] bytes;
        try {
            bytes = isBase64Encoded ? Base64.getDecoder().decode(text) : text.getBytes(StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
        if (bytes.length > most) {
            throw ProblemException.bodyTooLarge(most);
        }
        return Optional.of(bytes);
    }

    /** The query as delivered, {@code ""} if there is none; a 400 {@link ProblemException} if it is not certain what it is. */
    public String rawQuery() {
        return query.orElseThrow(() -> ProblemException.malformed(
                "The event contradicts itself about whether there is a query. Nothing was changed."));
    }

    /** For routes without parameters: a 400 {@link ProblemException} if there is a query all the same. */
    public void refuseQuery() {
        if (!rawQuery().isEmpty()) {
            throw ProblemException.malformed("This operation takes no query. Nothing was changed.");
        }
    }

    /**
     * All values of a header, undivided. The gateway joins a header that was sent several times with commas; names are
     * compared without regard to case.
     */
    public List<String> headers(String name) {
        List<String> values = new ArrayList<>(1);
        headers.forEach((key, value) -> {
            if (name.equalsIgnoreCase(key)) {
                values.add(value);
            }
        });
        return values;
    }
}
