package io.proxykeys.lambda;

import com.amazonaws.services.lambda.runtime.events.APIGatewayV2HTTPResponse;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonSerializer;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.annotation.JsonSerialize;
import io.proxykeys.json.JsonText;
import io.quarkus.jackson.JacksonMixin;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.io.IOException;
import java.util.Map;

/** The answer to an event that is not HTTP: written as it is, and not as the envelope of an HTTP response. */
final class LambdaResponse extends APIGatewayV2HTTPResponse {

    private final transient JsonText.Value answer;

    LambdaResponse(JsonText.Value answer) {
        this.answer = answer;
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
