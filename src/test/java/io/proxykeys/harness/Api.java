package io.proxykeys.harness;

import static io.restassured.RestAssured.given;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.restassured.response.Response;
import io.restassured.specification.RequestSpecification;

/** Calls the function as a client does. Numbers are read with every digit that was sent. */
public final class Api {

    public static final ObjectMapper JSON = JsonMapper.builder()
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
            .build();

    private static final String PROXY = "/v1/auth/proxy";

    private Api() {
    }

    public static RequestSpecification as(String account) {
        return with(Issuer.shared().token(account));
    }

    public static RequestSpecification with(String token) {
        return given().urlEncodingEnabled(false).header("Authorization", "Bearer " + token);
    }

    public static Response deleteAll(String account) {
        return as(account).delete(PROXY);
    }

    public static Response deleteAll(String account, String idempotencyKey) {
        return as(account).header("Idempotency-Key", idempotencyKey).delete(PROXY);
    }

    public static JsonNode json(Response response) {
        return json(response.asString());
    }

    public static JsonNode json(String text) {
        try {
            return JSON.readTree(text);
        } catch (JsonProcessingException e) {
            throw new AssertionError("Not JSON: " + text, e);
        }
    }
}
