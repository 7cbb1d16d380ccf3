package io.proxykeys.http;

import io.proxykeys.json.JsonText;
import io.proxykeys.problem.Problem;
import io.proxykeys.problem.ProblemException;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * An HTTP answer.
 *
 * @param status the status code
 * @param headers its headers, in their usual spelling
 * @param body JSON
 */
public record Response(int status, Map<String, String> headers, String body) {

    /** 200 with a JSON body. */
    public static Response json(String body) {
        return new Response(200, Map.of("Content-Type", "application/json"), body);
    }

    public static Response json(JsonText.Value body) {
        return json(JsonText.of(body));
    }

    /** The same, marked as such if it is the answer to an earlier request with the same {@code Idempotency-Key}. */
    public static Response json(JsonText.Value body, boolean replayed) {
        return replayed ? json(body).with("Idempotency-Replayed", "true") : json(body);
    }

    /**
     * 200 with a page of a JSON array (RFC 8288).
     *
     * @param total how many items there are on all pages
     * @param nextQuery the query of the next page; {@code null}: this is the last one
     */
    public static Response page(String json, long total, Route route, String nextQuery) {
        Response page = json(json).with("X-Total-Count", Long.toString(total));
        return nextQuery == null ? page : page.with("Link", "<" + route.path() + "?" + nextQuery + ">; rel=\"next\"");
    }

    /** What a refused request is answered with. */
    public static Response of(ProblemException refusal) {
        Response answer = new Response(refusal.problem().status(), refusal.headers(), JsonText.of(refusal.problem()::members));
        return answer.with("Content-Type", Problem.MEDIA_TYPE);
    }

    /** This answer with one header more. */
    public Response with(String header, String value) {
        Map<String, String> all = new LinkedHashMap<>(headers);
        all.put(header, value);
        return new Response(status, all, body);
    }
}
