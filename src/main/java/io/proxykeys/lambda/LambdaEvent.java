package io.proxykeys.lambda;

import com.amazonaws.services.lambda.runtime.events.APIGatewayV2HTTPEvent;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.annotation.JsonDeserialize;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.proxykeys.alert.Envelope;
import io.proxykeys.database.CommitGate;
import io.proxykeys.http.Request;
import io.proxykeys.http.Route;
import io.quarkus.jackson.JacksonMixin;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Any event that the function is invoked with: a request of an HTTP API
 * (<a href="https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html">payload
 * format 2.0</a>), or an envelope of EventBridge
 * (<a href="https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html">event structure</a>).
 *
 * <p>Only the members that the function uses are read, each as JSON of any type; all others are skipped. So no member that is
 * not used, whatever its type, keeps a request from being served or an alert from being carried out.
 */
final class LambdaEvent extends APIGatewayV2HTTPEvent {

    private static final String REQUEST_CONTEXT = "requestContext";
    private static final String HTTP = "http";
    private static final Set<String> USED = Set.of("rawPath", "rawQueryString", "queryStringParameters", "headers", "body",
            "isBase64Encoded", "id", "source", "detail-type", "time", "detail");

    private final transient Map<String, JsonNode> members;

    private LambdaEvent(Map<String, JsonNode> members) {
        this.members = members;
    }

    /** {@code requestContext.http}: HTTP, whatever else the event carries. */
    boolean isHttp() {
        return !member(HTTP).isMissingNode() && !member(HTTP).isNull();
    }

    /** Whether there is a {@code requestContext} at all, as in a failure record of Lambda: then it is no envelope. */
    boolean hasRequestContext() {
        return members.containsKey(REQUEST_CONTEXT);
    }

    /** The method, exactly as delivered; {@code null} if there is none. */
    String method() {
        return text(member(HTTP).path("method"));
    }

    /** The path, exactly as delivered; {@code null} if there is none. */
    String rawPath() {
        return text(member("rawPath"));
    }

    /** The event as a request of a route that it matches. */
    Request request(Route route, String awsRequestId, Duration bound, CommitGate gate) {
        return new Request(route, rawQuery(), headers(), body(), member("isBase64Encoded").booleanValue(), awsRequestId,
                bound, gate);
    }

    /** The event as Quarkus' own handler reads it, for pages of development. */
    APIGatewayV2HTTPEvent forRouter() {
        APIGatewayV2HTTPEvent event = new APIGatewayV2HTTPEvent();
        event.setRawPath(rawPath());
        event.setRawQueryString(rawQuery().orElse(""));
        event.setHeaders(headers());
        event.setRequestContext(RequestContext.builder().withHttp(RequestContext.Http.builder().withMethod(method()).build()).build());
        return event;
    }

    /** The event as an envelope, its members as they came. */
    Envelope envelope() {
        return new Envelope(member("id"), member("source"), member("detail-type"), member("time"), member("detail"));
    }

    /**
     * The query as delivered. Empty if the event contradicts itself, because a deletion without its filter would delete
     * everything: parameters without a raw query, a raw query with an empty set of parameters, or a raw query that is no text.
     * An event that does not mention parameters at all says nothing about them.
     */
    private Optional<String> rawQuery() {
        JsonNode raw = member("rawQueryString");
        JsonNode parameters = member("queryStringParameters");
        boolean mentioned = !parameters.isMissingNode() && !parameters.isNull();
        if (!raw.isMissingNode() && !raw.isNull() && !raw.isTextual()) {
            return Optional.empty();
        }
        String query = raw.isTextual() ? raw.textValue() : "";
        boolean expected = parameters.isContainerNode() ? !parameters.isEmpty() : mentioned;
        return mentioned && expected == query.isEmpty() ? Optional.empty() : Optional.of(query);
    }

    /** As delivered; {@code null} if there is none. What is no text is no missing body either, which may mean all keys. */
    private String body() {
        JsonNode body = member("body");
        return body.isMissingNode() || body.isNull() || body.isTextual() ? body.textValue() : body.toString();
    }

    /** Headers with a text for a value; one without a value is empty. */
    private Map<String, String> headers() {
        Map<String, String> headers = new LinkedHashMap<>();
        member("headers").properties().forEach(header -> headers.put(header.getKey(), header.getValue().asText("")));
        return headers;
    }

    private JsonNode member(String name) {
        return members.getOrDefault(name, MissingNode.getInstance());
    }

    private static String text(JsonNode value) {
        return value.textValue();
    }

    /** Has the gateway's event type read as this one. */
    @JacksonMixin(APIGatewayV2HTTPEvent.class)
    @JsonDeserialize(using = Reader.class)
    public interface ReadAsLambdaEvent {
    }

    /** Reads the members that are used and skips the rest. What is not an object has no members. */
    @RegisterForReflection
    public static final class Reader extends JsonDeserializer<APIGatewayV2HTTPEvent> {

        @Override
        public APIGatewayV2HTTPEvent deserialize(JsonParser parser, DeserializationContext context) throws IOException {
            Map<String, JsonNode> members = new HashMap<>();
            if (!parser.isExpectedStartObjectToken()) {
                parser.skipChildren();
                return new LambdaEvent(members);
            }
            for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
                JsonToken value = parser.nextToken();
                if (name.equals(REQUEST_CONTEXT)) {
                    members.put(REQUEST_CONTEXT, MissingNode.getInstance());
                    readHttp(parser, value, context, members);
                } else if (USED.contains(name)) {
                    members.put(name, context.readTree(parser));
                } else {
                    parser.skipChildren();
                }
            }
            return new LambdaEvent(members);
        }

        private static void readHttp(JsonParser parser, JsonToken start, DeserializationContext context, Map<String, JsonNode> members)
                throws IOException {
            if (start != JsonToken.START_OBJECT) {
                parser.skipChildren();
                return;
            }
            for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
                parser.nextToken();
                if (name.equals(HTTP)) {
                    members.put(HTTP, context.readTree(parser));
                } else {
                    parser.skipChildren();
                }
            }
        }
    }
}
