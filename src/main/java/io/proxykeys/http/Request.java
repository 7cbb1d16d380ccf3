package io.proxykeys.http;

import com.amazonaws.services.lambda.runtime.events.APIGatewayV2HTTPEvent;
import io.proxykeys.problem.ProblemException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A request as the gateway delivered it: no header is split at commas, and nothing is decoded that is compared as it is. */
public final class Request {

    private final Route route;
    private final APIGatewayV2HTTPEvent event;
    private final String awsRequestId;

    /** @param awsRequestId the id under which AWS logs this invocation */
    public Request(Route route, APIGatewayV2HTTPEvent event, String awsRequestId) {
        this.route = route;
        this.event = event;
        this.awsRequestId = awsRequestId;
    }

    public Route route() {
        return route;
    }

    /** The query as delivered, undecoded, without the question mark; empty if there is none. */
    public String rawQuery() {
        String query = event.getRawQueryString();
        Map<String, String> parameters = event.getQueryStringParameters();
        if (query == null && parameters != null && !parameters.isEmpty()) {
            throw ProblemException.malformed("The event has query parameters but no raw query. Nothing was changed.");
        }
        return query == null ? "" : query;
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
        Map<String, String> headers = event.getHeaders();
        if (headers != null) {
            headers.forEach((key, value) -> {
                if (name.equalsIgnoreCase(key)) {
                    values.add(value == null ? "" : value);
                }
            });
        }
        return values;
    }

    /** The body as delivered, or {@code null}; see {@link #isBase64Encoded}. */
    public String body() {
        return event.getBody();
    }

    public boolean isBase64Encoded() {
        return event.getIsBase64Encoded();
    }

    /** The id under which AWS logs this invocation. */
    public String awsRequestId() {
        return awsRequestId;
    }
}
