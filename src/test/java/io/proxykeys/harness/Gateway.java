package io.proxykeys.harness;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.UUID;
import java.util.function.Consumer;
import org.eclipse.microprofile.config.ConfigProvider;

/**
 * Stands for API Gateway: hands the function an event of an HTTP API, payload format 2.0, exactly as written, where an HTTP
 * client would tidy it up first. Quarkus' mock of the Lambda service takes raw events on {@code POST /_lambda_}.
 */
public final class Gateway {

    private static final HttpClient CLIENT = HttpClient.newHttpClient();

    private Gateway() {
    }

    /**
     * What the function returned, or how it failed.
     *
     * @param sentBytes how long that was, as it was sent
     */
    public record Result(boolean functionError, JsonNode payload, int sentBytes) {

        static Result of(boolean functionError, byte[] sent) {
            return new Result(functionError, Api.json(new String(sent, StandardCharsets.UTF_8)), sent.length);
        }

        public int status() {
            if (functionError) {
                throw new AssertionError("Function error: " + payload);
            }
            return payload.get("statusCode").intValue();
        }

        public String header(String name) {
            return payload.path("headers").path(name).textValue();
        }

        public String body() {
            return payload.path("body").textValue();
        }

        public JsonNode json() {
            return Api.json(body());
        }

        /** Problem details, and nothing of the inside. */
        public void assertIsProblem(int status) {
            assertEquals("application/problem+json", header("Content-Type"));
            assertEquals("no-store", header("Cache-Control"));
            assertEquals("nosniff", header("X-Content-Type-Options"));
            assertFalse(header("X-Request-Id").isEmpty());
            assertFalse(payload.path("isBase64Encoded").asBoolean(), "base64");
            JsonNode problem = json();
            assertEquals(status, problem.get("status").intValue());
            assertTrue(problem.get("type").textValue().startsWith("urn:problem-type:proxy-keys:"), body());
            assertFalse(problem.get("title").textValue().isEmpty());
            assertEquals(problem.get("detail"), problem.get("message"));
            assertFalse(body().matches("(?s).*(<|Exception|io\\.|java\\.|org\\.|SELECT|\\tat ).*"), body());
        }
    }

    /** A delete-all as the gateway sends it. */
    public static ObjectNode deleteAll(String token) {
        return event("DELETE", Api.PROXY, "", Map.of("authorization", "Bearer " + token));
    }

    /** An event as the gateway sends it for a request without body. */
    public static ObjectNode event(String method, String rawPath, String rawQuery, Map<String, String> headers) {
        ObjectNode event = Api.JSON.createObjectNode()
                .put("version", "2.0")
                .put("routeKey", method + " " + rawPath)
                .put("rawPath", rawPath)
                .put("rawQueryString", rawQuery);
        ObjectNode sent = event.putObject("headers").put("host", "api.example.com").put("accept", "*/*");
        headers.forEach(sent::put);
        event.putObject("requestContext")
                .put("accountId", "123456789012").put("apiId", "api").put("stage", "$default").put("requestId", "id=")
                .putObject("http")
                .put("method", method).put("path", rawPath).put("protocol", "HTTP/1.1")
                .put("sourceIp", "192.0.2.1").put("userAgent", "test");
        return event.put("isBase64Encoded", false);
    }

    /** An event as EventBridge sends it: everything of this account that was made until then is to go. */
    public static ObjectNode alert(String account, String id, Instant detectedAt) {
        ObjectNode event = Api.JSON.createObjectNode().put("version", "0").put("id", id)
                .put("detail-type", "Account Compromised").put("source", "proxy-keys.security").put("time", Instant.now().toString());
        event.putObject("detail").put("account_id", account).put("detected_at", detectedAt.toString());
        return event;
    }

    /** An event about one key, whose detail is all that is put into it. */
    public static ObjectNode keyAlert(Consumer<ObjectNode> detail) {
        ObjectNode event = alert("", UUID.randomUUID().toString(), Instant.now()).put("detail-type", "Proxy Key Compromised");
        detail.accept(event.putObject("detail"));
        return event;
    }

    /** What the function returns for an event; it must not be an error. */
    public static JsonNode succeeds(JsonNode event) {
        Result result = invoke(event);
        assertFalse(result.functionError(), result.payload().toString());
        return result.payload();
    }

    /** An event as the stack's schedule sends it. */
    public static ObjectNode maintenance(String detailType) {
        ObjectNode event = Api.JSON.createObjectNode().put("version", "0").put("id", UUID.randomUUID().toString())
                .put("detail-type", detailType).put("source", "proxy-keys.maintenance").put("time", Instant.now().toString());
        event.putObject("detail");
        return event;
    }

    public static Result invoke(JsonNode event) {
        // A thread of the common pool has another class loader for its context, in integration tests too.
        int port = ConfigProvider.getConfig(Gateway.class.getClassLoader()).getOptionalValue("quarkus.lambda.mock-event-server.test-port",
                Integer.class)
                .orElse(8081);
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://localhost:" + port + "/_lambda_"))
                .timeout(Duration.ofSeconds(40))
                .POST(BodyPublishers.ofString(event.toString()))
                .build();
        try {
            HttpResponse<byte[]> response = CLIENT.send(request, BodyHandlers.ofByteArray());
            assertTrue(response.body().length <= RuntimeApi.MOST_BYTES, "Lambda refuses a response of " + response.body().length);
            return Result.of(response.statusCode() == 500, response.body());
        } catch (IOException e) {
            throw new AssertionError(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }
}
