package io.proxykeys.http;

import io.proxykeys.problem.Problem;
import io.proxykeys.problem.Refusal;
import com.amazonaws.services.lambda.runtime.events.APIGatewayV2HTTPResponse;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectWriter;
import jakarta.inject.Singleton;
import java.util.HashMap;
import java.util.Map;

/** Writes refusals as the gateway takes them, for those decided before the router. */
@Singleton
class ProblemWriter {

    private final ObjectWriter json;

    ProblemWriter(ObjectMapper json) {
        this.json = json.writerFor(Problem.class);
    }

    APIGatewayV2HTTPResponse response(Refusal refusal) {
        Map<String, String> headers = new HashMap<>(refusal.headers());
        headers.put("Content-Type", Problem.MEDIA_TYPE);
        APIGatewayV2HTTPResponse response = new APIGatewayV2HTTPResponse();
        response.setStatusCode(refusal.problem().status());
        response.setHeaders(headers);
        try {
            response.setBody(json.writeValueAsString(refusal.problem()));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("A problem cannot be written as JSON", e);
        }
        return response;
    }

    boolean isProblem(APIGatewayV2HTTPResponse response) {
        return response.getHeaders() != null
                && response.getHeaders().getOrDefault("Content-Type", "").startsWith(Problem.MEDIA_TYPE);
    }
}
