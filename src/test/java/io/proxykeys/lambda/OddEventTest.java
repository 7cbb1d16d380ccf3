package io.proxykeys.lambda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.proxykeys.harness.Accounts;
import io.proxykeys.harness.Api;
import io.proxykeys.harness.Gateway;
import io.proxykeys.harness.Harness;
import io.proxykeys.harness.Issuer;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import java.math.BigInteger;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Garbage in the event itself is an answer below 500, never a fault and never a hang. */
@QuarkusTest
@WithTestResource(Harness.class)
class OddEventTest {

    private static final BigInteger LONG_NUMBER = new BigInteger("7".repeat(2_000));

    static Stream<Arguments> harmless() {
        return Stream.of(
                odd("Expect: 100-continue", event -> headers(event).put("expect", "100-continue")),
                odd("Accept: text/html", event -> headers(event).put("accept", "text/html")),
                odd("Accept: nonsense", event -> headers(event).put("accept", "///;;;")),
                odd("Content-Type: nonsense", event -> headers(event).put("content-type", ";;;")),
                odd("Content-Length that lies", event -> headers(event).put("content-length", "999999")),
                odd("Transfer-Encoding", event -> headers(event).put("transfer-encoding", "chunked")),
                odd("Upgrade", event -> headers(event).put("upgrade", "websocket").put("connection", "upgrade")),
                odd("X-HTTP-Method-Override", event -> headers(event).put("x-http-method-override", "GET")),
                odd("a header of 20 kB", event -> headers(event).put("x-big", "a".repeat(20_000))),
                odd("control characters in a header", event -> headers(event).put("x-odd", "a\u0000\r\nb\u007f")),
                odd("control characters in a header's name", event -> headers(event).put("x\u0000\r\n:", "a")),
                odd("an empty header name", event -> headers(event).put("", "a")),
                odd("a host that is none", event -> headers(event).put("host", "a b/\\")),
                odd("a source address to be resolved", event -> http(event).put("sourceIp", "does.not.exist.invalid")),
                odd("a body that is not base64", event -> event.put("isBase64Encoded", true).put("body", "%%%")),
                odd("a body of 100 kB", event -> event.put("body", "a".repeat(100_000))),
                odd("an alert in the body", event -> event.put("body", "{\"source\":\"proxy-keys.security\",\"detail\":{}}")),
                odd("no body", event -> event.putNull("body")),
                odd("no isBase64Encoded", event -> event.remove("isBase64Encoded")),
                odd("no query", event -> event.remove("rawQueryString")),
                odd("query null", event -> event.putNull("rawQueryString")),
                odd("unknown fields", event -> event.put("unknown", 1).putObject("more").put("x", 1)),
                odd("an unknown field with a long name and a long number", event -> event.put("u".repeat(60_000), LONG_NUMBER)),
                odd("cookies", event -> event.putArray("cookies").add("a=b").add("\u0000")),
                odd("unused members of other types", event -> event.put("pathParameters", 1).put("version", true)
                        .putArray("stageVariables").add(1)),
                odd("claims of any type", event -> context(event).putObject("authorizer").putObject("jwt").putObject("claims")
                        .put("number", 1.5).putNull("none").putArray("list").addObject().put("a", "b")),
                odd("an authorizer that is an array", event -> context(event).putArray("authorizer").addArray().add(1)),
                odd("claims that are an array", event -> context(event).putObject("authorizer").putObject("jwt").putArray("claims").add(
                        "a")),
                odd("an account, a time and a stage of other types", event -> context(event).put("accountId", 1).put("timeEpoch", "soon")
                        .putArray("stage").add(1)),
                odd("a source address that is an object", event -> http(event).putObject("sourceIp").put("a", 1)),
                odd("cookies that are an object", event -> event.putObject("cookies").put("a", 1)),
                odd("headers of other types", event -> headers(event).put("x-number", 1).putNull("x-null").putArray("x-list").add(1)),
                odd("a body that is an object", event -> event.putObject("body").put("a", 1)),
                odd("isBase64Encoded that is a text", event -> event.put("isBase64Encoded", "perhaps")),
                odd("members of an envelope", event -> event.put("id", 1).put("source", "proxy-keys.security")
                        .put("detail-type", "Account Compromised").putArray("detail").add(1)),
                odd("parameters null", event -> event.putNull("queryStringParameters")),
                odd("parameters empty", event -> event.putObject("queryStringParameters")),
                odd("another stage", event -> context(event).put("stage", "prod")));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("harmless")
    void whatIsNotAskedForIsIgnored(String name, Consumer<ObjectNode> change) {
        ObjectNode event = valid(Accounts.open("1"));
        change.accept(event);

        assertEquals(200, Gateway.invoke(event).status());
    }

    static Stream<Arguments> malformed() {
        return Stream.of(
                odd("invalid percent-encoding in the query", event -> event.put("rawQueryString", "%zz=%")),
                odd("parameters without a raw query", event -> {
                    event.remove("rawQueryString");
                    event.putObject("queryStringParameters").put("status", "expired");
                }),
                odd("parameters beside an empty raw query", event -> event.put("rawQueryString", "")
                        .putObject("queryStringParameters").put("status", "expired")),
                odd("parameters beside a raw query that is null", event -> event.putNull("rawQueryString")
                        .putObject("queryStringParameters").put("status", "expired")),
                odd("parameters that are a list, beside an empty raw query", event -> event.put("rawQueryString", "")
                        .putArray("queryStringParameters").add("status=expired")),
                odd("parameters that are a text, beside an empty raw query", event -> event.put("rawQueryString", "")
                        .put("queryStringParameters", "status=expired")),
                odd("a raw query beside no parameters", event -> event.put("rawQueryString", "status=expired")
                        .putObject("queryStringParameters")),
                odd("a raw query that is no text", event -> event.putArray("rawQueryString").add("status=expired")),
                odd("a raw query that is false", event -> event.put("rawQueryString", false)),
                odd("spaces in the query", event -> event.put("rawQueryString", "a b = c")),
                odd("control characters in the query", event -> event.put("rawQueryString", "\u0000\r\n")),
                odd("a query of 8 kB", event -> event.put("rawQueryString", "a=" + "b".repeat(8192))));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("malformed")
    void aMalformedQueryIsA400(String name, Consumer<ObjectNode> change) {
        String account = Accounts.open("1");
        List<String> before = Accounts.everything(account);
        ObjectNode event = valid(account);
        change.accept(event);

        Gateway.Result result = Gateway.invoke(event);

        assertEquals(400, result.status());
        result.assertIsProblem(400);
        assertEquals(before, Accounts.everything(account));
    }

    static Stream<Arguments> unfound() {
        return Stream.of(
                odd("no method", event -> http(event).remove("method")),
                odd("method null", event -> http(event).putNull("method")),
                odd("no path", event -> event.remove("rawPath")),
                odd("path null", event -> event.putNull("rawPath")),
                odd("http empty", event -> ((ObjectNode) event.get("requestContext")).putObject("http")));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("unfound")
    void withoutMethodOrPathNothingIsFound(String name, Consumer<ObjectNode> change) {
        ObjectNode event = valid("a");
        change.accept(event);

        assertEquals(404, Gateway.invoke(event).status());
    }

    @Test
    void headersMayBeMissing() {
        ObjectNode event = valid("a");
        event.remove("headers");
        assertEquals(401, Gateway.invoke(event).status());
        event.putNull("headers");
        assertEquals(401, Gateway.invoke(event).status());
    }

    @ParameterizedTest
    @ValueSource(strings = { "{}", "{\"version\":\"2.0\"}", "{\"requestContext\":{}}", "{\"requestContext\":null}",
            "{\"requestContext\":{\"http\":null}}", "[]", "[{}]", "\"text\"", "7", "null", "{\"requestContext\":[]}",
            "{\"version\":\"1.0\",\"timestamp\":\"2026-11-22T23:00:00Z\",\"requestContext\":{\"requestId\":\"1\",\"condition\":"
                    + "\"RetriesExhausted\"},\"requestPayload\":{\"requestContext\":{\"http\":{\"method\":\"DELETE\"}}}}" })
    void whatIsNotHttpIsAFunctionError(String event) {
        Gateway.Result result = Gateway.invoke(Api.json(event));

        assertTrue(result.functionError(), result.payload().toString());
        assertEquals(200, Gateway.invoke(valid(Accounts.open("1"))).status(), "the next event is served");
    }

    private static Arguments odd(String name, Consumer<ObjectNode> change) {
        return arguments(name, change);
    }

    private static ObjectNode valid(String account) {
        return Gateway.event("DELETE", "/v1/auth/proxy", "",
                Map.of("authorization", "Bearer " + Issuer.shared().token(account)));
    }

    private static ObjectNode context(JsonNode event) {
        return (ObjectNode) event.get("requestContext");
    }

    private static ObjectNode headers(JsonNode event) {
        return (ObjectNode) event.get("headers");
    }

    private static ObjectNode http(JsonNode event) {
        return (ObjectNode) event.get("requestContext").get("http");
    }
}
