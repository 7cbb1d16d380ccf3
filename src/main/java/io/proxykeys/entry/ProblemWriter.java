package io.proxykeys.entry;

import com.amazonaws.services.lambda.runtime.events.APIGatewayV2HTTPResponse;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectWriter;
import io.proxykeys.problem.Problem;
import io.proxykeys.problem.Refusal;
import jakarta.inject.Singleton;
import java.util.HashMap;
import java.util.Map;

/** Writes refusals as the gateway takes them, for those decided before the router. */
@Singleton
class ProblemWriter {

    private final ObjectWriter json;
    private final String notFound;

    ProblemWriter(ObjectMapper json) {
        this.json = json.writerFor(Problem.class);
        this.notFound = write(Refusal.notFound().problem());
    }

    /** 404, written once for all: it should cost nothing. */
    APIGatewayV2HTTPResponse notFound() {
        return response(404, Map.of(), notFound);
    }

    APIGatewayV2HTTPResponse response(Refusal refusal) {
        return response(refusal.problem().status(), refusal.headers(), write(refusal.problem()));
    }

    private String write(Problem problem) {
        try {
            return json.writeValueAsString(problem);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("A problem cannot be written as JSON", e);
        }
    }

    private static APIGatewayV2HTTPResponse response(int status, Map<String, String> refusalHeaders, String body) {
        Map<String, String> headers = new HashMap<>(refusalHeaders);
        headers.put("Content-Type", Problem.MEDIA_TYPE);
        APIGatewayV2HTTPResponse response = new APIGatewayV2HTTPResponse();
        response.setStatusCode(status);
        response.setHeaders(headers);
        response.setBody(body);
        return response;
    }

    boolean isProblem(APIGatewayV2HTTPResponse response) {
        return response.getHeaders() != null
                && response.getHeaders().getOrDefault("Content-Type", "").startsWith(Problem.MEDIA_TYPE);
    }
}
