package io.proxykeys.problem;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * A request that is not served, with the answer its sender gets. The one place that words refusals; the cause, if there is
 * one, goes to the log and never to the client.
 */
public final class ProblemException extends RuntimeException {

    private static final String TYPE = "urn:problem-type:proxy-keys:";
    private static final String CHALLENGE = "Bearer realm=\"proxy-keys\"";

    private final transient Problem problem;
    private final transient Map<String, String> headers = new LinkedHashMap<>();

    private ProblemException(int status, String type, String title, String detail) {
        this(new Problem(TYPE + type, title, status, detail, null), null);
    }

    private ProblemException(Problem problem, Throwable cause) {
        // No stack trace: a refusal is an answer and not a fault.
        super(problem.detail(), cause, false, false);
        this.problem = problem;
    }

    /** 404: no such path and method, however close. */
    public static ProblemException notFound() {
        return new ProblemException(404, "not-found", "Not found",
                "There is nothing here. Paths and methods have to match exactly.");
    }

    /** 401 without an error code: no token was sent, or not by this scheme (RFC 6750, section 3.1), which is then the cause. */
    public static ProblemException unauthenticated(Throwable cause) {
        return new ProblemException(new Problem(TYPE + "unauthenticated", "Authentication required", 401,
                "Send an access token: Authorization: Bearer <JWT>.", null), cause)
                .with("WWW-Authenticate", CHALLENGE);
    }

    /** 401: the token cannot be accepted. Which check it failed is for the log: it would help an attacker most. */
    public static ProblemException invalidToken(Throwable cause) {
        ProblemException refusal = new ProblemException(new Problem(TYPE + "invalid-token", "Invalid token", 401,
                "The access token is invalid or has expired. Get a new one.", null), cause);
        return refusal.with("WWW-Authenticate",
                CHALLENGE + ", error=\"invalid_token\", error_description=\"The access token is invalid or has expired\"");
    }

    /** 401: the request is not signed, or not by whoever has to sign it. Which check it failed is for the log. */
    public static ProblemException invalidSignature(Throwable cause) {
        return new ProblemException(new Problem(TYPE + "invalid-signature", "Invalid signature", 401,
                "The request has no valid signature of a known key. Nothing was changed.", null), cause)
                .with("WWW-Authenticate", "Github-Public-Key-Signature realm=\"proxy-keys\"");
    }

    /** 403: a valid token without the scope. */
    public static ProblemException insufficientScope(String scope, Throwable cause) {
        return new ProblemException(new Problem(TYPE + "insufficient-scope", "Insufficient scope", 403,
                "The access token lacks the scope " + scope + ".", null), cause)
                .with("WWW-Authenticate", CHALLENGE + ", error=\"insufficient_scope\", scope=\"" + scope + "\"");
    }

    /** 400: query, header or body is malformed. */
    public static ProblemException malformed(String detail) {
        return new ProblemException(400, "malformed-request", "Malformed request", detail);
    }

    /** 413: the body is larger than any valid one. */
    public static ProblemException bodyTooLarge(int limit) {
        return new ProblemException(413, "body-too-large", "Body too large", "The body must have at most " + limit + " bytes.");
    }

    /** 415: the body is not JSON. */
    public static ProblemException notJson() {
        return new ProblemException(415, "not-json", "Unsupported media type", "Send JSON: Content-Type: application/json.");
    }

    /** 422: a field of the body is missing or out of bounds. */
    public static ProblemException invalidField(String detail) {
        return new ProblemException(422, "invalid-field", "Invalid field", detail);
    }

    /** 403: the key belongs to another account. */
    public static ProblemException foreignKey() {
        return new ProblemException(403, "foreign-key", "Not your proxy key", "This proxy key belongs to another account.");
    }

    /** 404: no such key, or it was deleted. */
    public static ProblemException unknownKey() {
        return new ProblemException(404, "unknown-key", "No such proxy key", "There is no such proxy key, or it was deleted already.");
    }

    /**
     * 404: names in a list that are no key of this account, which are not told apart from those of others.
     *
     * @param positions of the names in the list, from 0
     */
    public static ProblemException unknownKeys(List<Integer> positions) {
        return new ProblemException(new Problem(TYPE + "unknown-key", "No such proxy key", 404,
                "Some of these are no proxy keys of this account, or were deleted already. Nothing was changed.",
                json -> {
                    json.writeArrayFieldStart("positions");
                    for (int position : positions) {
                        json.writeNumber(position);
                    }
                    json.writeEndArray();
                }), null);
    }

    /** 404: no such suspension of this account. */
    public static ProblemException unknownSuspension() {
        return new ProblemException(404, "unknown-suspension", "No such suspension",
                "This account has no such suspension, or it is older than suspensions are kept.");
    }

    /** 404: no such receipt of this account. */
    public static ProblemException unknownReceipt() {
        return new ProblemException(404, "unknown-receipt", "No such receipt",
                "This account has no such receipt, or it is older than receipts are kept.");
    }

    /** 422: the Idempotency-Key was used for something else. */
    public static ProblemException idempotencyKeyReused() {
        return new ProblemException(422, "idempotency-key-reused", "Idempotency-Key reused",
                "This Idempotency-Key was used for another operation. Nothing was changed; use a new one.");
    }

    /** 402: the balance does not cover what is to be allocated. */
    public static ProblemException insufficientBalance() {
        return new ProblemException(402, "insufficient-balance", "Balance too low",
                "The account's balance is too low for this allocation. Nothing was changed.");
    }

    /** 409: an alert, or the caller, has blocked new keys; and what would give a key more than it has. */
    public static ProblemException newKeysBlocked(Duration wait) {
        long seconds = Math.max(1, wait.toSeconds());
        return new ProblemException(409, "new-keys-blocked", "New keys are blocked",
                "Since a revocation, no key of this account can be created, enabled or given more for a while. Nothing was changed;"
                        + " try again in " + seconds + " s.")
                .with("Retry-After", Long.toString(seconds));
    }

    /**
     * 409: a key of a receipt is recreated once.
     *
     * @param replaced a JSON array of the keys that were recreated, each with the one that replaces it
     */
    public static ProblemException alreadyRecreated(String replaced) {
        return new ProblemException(new Problem(TYPE + "already-recreated", "Recreated already", 409,
                "These keys were recreated already, and each can be only once. Nothing was changed. If the new secrets are lost, delete the"
                        + " new keys, and recreate them from the receipts of those deletions.",
                json -> {
                    json.writeFieldName("replaced");
                    json.writeRawValue(replaced);
                }), null);
    }

    /** 422: more keys than one call recreates, or a longer answer than there can be. */
    public static ProblemException tooManyKeys() {
        return new ProblemException(422, "too-many-keys", "Too many keys",
                "One call recreates up to 1,000 keys, or fewer if their settings are long. Nothing was changed. Name some of them in"
                        + " proxy_keys, and the others in further calls.");
    }

    /**
     * 429: the account's own limit.
     *
     * @param policy the limit's name
     * @param burst how many calls may come at once
     * @param perMinute how many calls a minute are allowed in the long run
     * @param wait how long until the next call is let through
     */
    public static ProblemException tooManyRequests(String policy, int burst, int perMinute, Duration wait) {
        long seconds = Math.max(1, wait.toSeconds());
        // draft-ietf-httpapi-ratelimit-headers-10: q calls in w seconds; r left, more of them in t seconds.
        long window = Math.max(1, (60L * burst + perMinute - 1) / perMinute);
        return new ProblemException(429, "rate-limited", "Too many requests",
                "This account's limit of " + perMinute + " calls a minute is used up. Nothing was changed; try again in "
                        + seconds + " s.")
                .with("Retry-After", Long.toString(seconds))
                .with("RateLimit-Policy", '"' + policy + "\";q=" + burst + ";w=" + window)
                .with("RateLimit", '"' + policy + "\";r=0;t=" + seconds);
    }

    /** 503: the request could not be served now, and nothing was changed. */
    public static ProblemException unavailable(Throwable cause) {
        return new ProblemException(new Problem(TYPE + "unavailable", "Temporarily unavailable", 503,
                "The service cannot be used now. Nothing was changed; try again.", null), cause)
                .with("Retry-After", "2");
    }

    /** 503: a deletion was not finished in the time that a call has, and nothing was changed. */
    public static ProblemException tooLarge(Throwable cause) {
        return new ProblemException(new Problem(TYPE + "unavailable", "Temporarily unavailable", 503,
                "The deletion was not finished in the time that a call has. Nothing was changed. If it fails again, the account has too"
                        + " many keys for a call: have the operator send a security alert, which deletes an account of any size. It is an"
                        + " event with source proxy-keys.security, detail-type Account Compromised and detail {\"account_id\":\"…\"}.",
                null), cause)
                .with("Retry-After", "2");
    }

    /** 503: whether the change happened is not known. {@code revocationId} is {@code null} if it writes no receipt. */
    public static ProblemException outcomeUnknown(UUID revocationId, Throwable cause) {
        String detail = revocationId == null
                ? "The change was not confirmed in time. The outcome is unknown: list the keys to see."
                : "The change was not confirmed in time. The outcome is unknown: if a receipt with this revocation_id exists,"
                        + " everything was done. Repeating the call with the same Idempotency-Key is safe and tells.";
        return outcomeUnknown(detail, revocationId == null ? null : json -> json.writeStringField("revocation_id", revocationId.toString()),
                cause);
    }

    /** 503: whether a key was created is not known. {@code id} is the identifier that it has then. */
    public static ProblemException creationUnknown(String id, Throwable cause) {
        return outcomeUnknown("The creation was not confirmed in time. The outcome is unknown: look the key up by this id. If it is there,"
                + " its secret is lost: delete the key, which returns its credits, and create another.",
                json -> json.writeStringField("id", id), cause);
    }

    /** 503: whether keys were suspended is not known. {@code id} is that of the suspension then. */
    public static ProblemException suspensionUnknown(UUID id, Throwable cause) {
        return outcomeUnknown(
                "The suspension was not confirmed in time. The outcome is unknown: suspended keys show this suspension_id in the"
                        + " list. Repeating the call with the same Idempotency-Key is safe and tells.",
                json -> json.writeStringField("suspension_id", id.toString()), cause);
    }

    /** 503: some keys of a report could not be revoked, or it is not known whether they were. */
    public static ProblemException leaksNotRevoked(int count, int total) {
        return new ProblemException(503, "leaks-not-revoked", "Not every key was revoked",
                "Of " + total + " keys in this report, " + count + " were not revoked, or it is not known whether they were. Each is in the"
                        + " log. Sending the report again is safe.")
                .with("Retry-After", "2");
    }

    private static ProblemException outcomeUnknown(String detail, Problem.Extension extension, Throwable cause) {
        return new ProblemException(new Problem(TYPE + "outcome-unknown", "Outcome unknown", 503, detail, extension), cause)
                .with("Retry-After", "2");
    }

    /** 500: a fault of ours. */
    public static ProblemException internal(Throwable cause) {
        return new ProblemException(new Problem(TYPE + "internal", "Internal error", 500,
                "The service failed to answer. The cause is in its log.", null), cause);
    }

    private ProblemException with(String header, String value) {
        headers.put(header, value);
        return this;
    }

    public Problem problem() {
        return problem;
    }

    /** Headers of the answer besides {@code Content-Type}. */
    public Map<String, String> headers() {
        return Map.copyOf(headers);
    }
}
