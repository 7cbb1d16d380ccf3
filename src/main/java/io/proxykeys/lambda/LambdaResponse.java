package io.proxykeys.lambda;

import com.amazonaws.services.lambda.runtime.events.APIGatewayV2HTTPResponse;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonSerializer;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.annotation.JsonSerialize;
import io.proxykeys.http.Response;
import io.proxykeys.json.JsonText;
import io.quarkus.jackson.JacksonMixin;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;

/** The answer to an event. To one that is not HTTP, it is written as it is, and not as the envelope of an HTTP response. */
final class LambdaResponse extends APIGatewayV2HTTPResponse {

    /** Lambda takes 6,291,556 bytes (AWS, "Lambda quotas": 6 MB); the rest is room for status and headers. */
    private static final int MAX_BODY = 6_291_556 - 32 * 1024;

    private final transient JsonText.Value answer;

    LambdaResponse(JsonText.Value answer) {
        this.answer = answer;
    }

    /**
     * The same for HTTP.
     *
     * @param awsRequestId under this id the log has the call
     * @throws IllegalStateException if Lambda would refuse it for its size
     */
    static APIGatewayV2HTTPResponse of(Response answer, String awsRequestId) {
        long bytes = JsonText.bytesInString(answer.body());
        if (bytes > MAX_BODY) {
            throw new IllegalStateException("an answer of " + bytes + " bytes, and Lambda takes no more than " + MAX_BODY);
        }
        Map<String, String> headers = new HashMap<>(answer.headers());
        headers.put("Cache-Control", "no-store");
        headers.put("X-Content-Type-Options", "nosniff");
        headers.put("X-Request-Id", awsRequestId);
        return APIGatewayV2HTTPResponse.builder().withStatusCode(answer.status()).withHeaders(headers).withBody(answer.body()).build();
    }

    /** Has the gateway's response type written by {@link Writer}. */
    @JacksonMixin(APIGatewayV2HTTPResponse.class)
    @JsonSerialize(using = Writer.class)
    public interface WrittenByUs {
    }

    /** Writes both kinds of answers. */
    @RegisterForReflection
    public static final class Writer extends JsonSerializer<APIGatewayV2HTTPResponse> {

        @Override
        public void serialize(APIGatewayV2HTTPResponse response, JsonGenerator json, SerializerProvider provider)
                throws IOException {
            if (response instanceof LambdaResponse other) {
                json.writeRawValue(JsonText.of(other.answer));
                return;
            }
            // Four bytes for a character beyond the first 65,536, and not twelve for two code units that are escaped.
            json.enable(JsonGenerator.Feature.COMBINE_UNICODE_SURROGATES_IN_UTF8);
            json.writeStartObject();
            json.writeNumberField("statusCode", response.getStatusCode());
            json.writeObjectFieldStart("headers");
            for (Map.Entry<String, String> header : response.getHeaders().entrySet()) {
                json.writeStringField(header.getKey(), header.getValue());
            }
            json.writeEndObject();
            json.writeStringField("body", response.getBody());
            json.writeBooleanField("isBase64Encoded", response.getIsBase64Encoded());
            json.writeEndObject();
        }
    }
}
