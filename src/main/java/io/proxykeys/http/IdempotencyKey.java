package io.proxykeys.http;

import io.proxykeys.problem.ProblemException;
import java.util.List;
import java.util.regex.Pattern;

/**
 * The request header {@code Idempotency-Key}: names one intended operation, so that repeating the request repeats only the
 * answer (draft-ietf-httpapi-idempotency-key-header).
 */
public final class IdempotencyKey {

    /** 1 to 255 visible ASCII characters without the comma, because the gateway joins repeated headers with commas. */
    private static final Pattern VALID = Pattern.compile("[!-+\\--~]{1,255}");

    private IdempotencyKey() {
    }

    /** The key of a call, or {@code null} if it has none; a 400 {@link ProblemException} if it is malformed. */
    public static String of(Request request) {
        List<String> values = request.headers("Idempotency-Key");
        if (values.isEmpty()) {
            return null;
        }
        if (values.size() > 1 || !VALID.matcher(values.get(0)).matches()) {
            throw ProblemException.malformed("The Idempotency-Key must be 1 to 255 visible ASCII characters without a comma, sent once.");
        }
        return values.get(0);
    }
}
