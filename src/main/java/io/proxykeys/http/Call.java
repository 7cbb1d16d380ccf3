package io.proxykeys.http;

import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.events.APIGatewayV2HTTPEvent;
import io.proxykeys.problem.Refusal;
import io.quarkus.vertx.http.runtime.QuarkusHttpHeaders;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpServerRequest;
import jakarta.enterprise.context.RequestScoped;
import jakarta.inject.Inject;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The request as the gateway delivered it. Filters and resources read headers and the query here and not through the
 * router, which splits header values at commas and decodes what should be compared as it is.
 */
@RequestScoped
public class Call {

    private final ReceivedEvent event;
    private final Context invocation;

    @Inject
    Call(HttpServerRequest request) {
        MultiMap headers = request.headers();
        QuarkusHttpHeaders context = (QuarkusHttpHeaders) headers;
        this.event = (ReceivedEvent) context.getContextObject(APIGatewayV2HTTPEvent.class);
        this.invocation = context.getContextObject(Context.class);
    }

    public Route route() {
        return event.route();
    }

    /** The query as delivered, undecoded, without the question mark; empty if there is none. */
    public String rawQuery() {
        String query = event.received().getRawQueryString();
        Map<String, String> parameters = event.received().getQueryStringParameters();
        if (query == null && parameters != null && !parameters.isEmpty()) {
            throw Refusal.malformed("The event has query parameters but no raw query. Nothing was changed.");
        }
        return query == null ? "" : query;
    }

    /** For routes without parameters: a 400 {@link Refusal} if there is a query all the same. */
    public void refuseQuery() {
        if (!rawQuery().isEmpty()) {
            throw Refusal.malformed("This operation takes no query. Nothing was changed.");
        }
    }

    /**
     * All values of a header, undivided. The gateway joins a header that was sent several times with commas; names are
     * compared without regard to case.
     */
    public List<String> headers(String name) {
        List<String> values = new ArrayList<>(1);
        Map<String, String> headers = event.received().getHeaders();
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
        return event.received().getBody();
    }

    public boolean isBase64Encoded() {
        return event.received().getIsBase64Encoded();
    }

    /** The id under which AWS logs this invocation. */
    public String awsRequestId() {
        return invocation == null ? "" : invocation.getAwsRequestId();
    }
}
