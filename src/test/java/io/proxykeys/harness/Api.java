package io.proxykeys.harness;

import static io.restassured.RestAssured.given;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.restassured.response.Response;
import io.restassured.specification.RequestSpecification;
import java.util.List;

/** Calls the function as a client does. Numbers are read with every digit that was sent. */
public final class Api {

    public static final ObjectMapper JSON = JsonMapper.builder()
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
            .build();

    public static final String PROXY = "/v1/auth/proxy";

    private Api() {
    }

    public static RequestSpecification as(String account) {
        return with(Issuer.shared().token(account));
    }

    public static RequestSpecification with(String token) {
        return withoutToken().header("Authorization", "Bearer " + token);
    }

    public static RequestSpecification withoutToken() {
        RequestSpecification request = given().urlEncodingEnabled(false);
        return SentByTheJdk.isNeeded() ? request.filter(new SentByTheJdk()) : request;
    }

    public static Response deleteAll(String account) {
        return as(account).delete(PROXY);
    }

    public static Response deleteAll(String account, String idempotencyKey) {
        return as(account).header("Idempotency-Key", idempotencyKey).delete(PROXY);
    }

    public static Response list(String account) {
        return as(account).get(PROXY);
    }

    public static Response preview(String account, String query) {
        return as(account).get(PROXY + "/preview" + query);
    }

    public static Response remove(String account, String proxyKey) {
        return as(account).contentType("application/json").body(body(proxyKey)).post(PROXY + "/remove");
    }

    public static Response remove(String account, String proxyKey, String idempotencyKey) {
        return as(account).header("Idempotency-Key", idempotencyKey).contentType("application/json").body(body(proxyKey))
                .post(PROXY + "/remove");
    }

    /** Deletes several keys in one call. */
    public static Response removeAll(String account, List<String> named) {
        return post(account, "/remove", keys(named));
    }

    public static Response removeAll(String account, List<String> named, String idempotencyKey) {
        return as(account).header("Idempotency-Key", idempotencyKey).contentType("application/json").body(keys(named))
                .post(PROXY + "/remove");
    }

    /**
     * Suspends all keys, or those that a query selects.
     *
     * @param query empty, or with the question mark
     */
    public static Response suspend(String account, String query) {
        return as(account).post(PROXY + "/suspend" + query);
    }

    public static Response suspend(String account, String query, String idempotencyKey) {
        return as(account).header("Idempotency-Key", idempotencyKey).post(PROXY + "/suspend" + query);
    }

    public static Response suspendNamed(String account, List<String> named) {
        return post(account, "/suspend", keys(named));
    }

    public static Response suspendNamed(String account, List<String> named, String idempotencyKey) {
        return as(account).header("Idempotency-Key", idempotencyKey).contentType("application/json").body(keys(named))
                .post(PROXY + "/suspend");
    }

    public static Response resume(String account, String suspension) {
        return post(account, "/resume", JSON.createObjectNode().put("suspension_id", suspension).toString());
    }

    /** A new secret for one key; an overlap of 0 seconds is left to the default. */
    public static Response rotate(String account, String proxyKey, int overlapSeconds) {
        ObjectNode body = JSON.createObjectNode().put("proxy_key", proxyKey);
        return post(account, "/rotate", (overlapSeconds == 0 ? body : body.put("overlap_seconds", overlapSeconds)).toString());
    }

    public static Response rotateAll(String account, List<String> named, int overlapSeconds) {
        ObjectNode body = JSON.createObjectNode().put("overlap_seconds", overlapSeconds);
        named.forEach(body.putArray("proxy_keys")::add);
        return post(account, "/rotate", body.toString());
    }

    public static Response toggle(String account, String proxyKey) {
        return as(account).contentType("application/json").body(body(proxyKey)).post(PROXY + "/toggle");
    }

    public static Response toggle(String account, String proxyKey, boolean active) {
        return as(account).contentType("application/json")
                .body(JSON.createObjectNode().put("proxy_key", proxyKey).put("is_active", active).toString())
                .post(PROXY + "/toggle");
    }

    public static Response receipts(String account, String query) {
        return as(account).get(PROXY + "/revocations" + query);
    }

    /** A new key without further settings. */
    public static Response create(String account, String name, String allocated) {
        return post(account, "/create", "{\"name\":\"" + name + "\",\"allocated_ammount\":" + allocated + "}");
    }

    public static Response lookup(String account, String proxyKey) {
        return post(account, "/lookup", body(proxyKey));
    }

    /**
     * Changes a key.
     *
     * @param fields members of the body besides {@code proxy_key}
     */
    public static Response update(String account, String proxyKey, String fields) {
        return post(account, "/update", "{\"proxy_key\":\"" + proxyKey + "\"," + fields + "}");
    }

    public static Response recreate(String account, String receipt) {
        return post(account, "/recreate", JSON.createObjectNode().put("revocation_id", receipt).toString());
    }

    /**
     * Recreates some keys of a receipt.
     *
     * @param named identifiers of deleted keys
     */
    public static Response recreate(String account, String receipt, List<String> named) {
        ObjectNode body = JSON.createObjectNode().put("revocation_id", receipt);
        named.forEach(body.putArray("proxy_keys")::add);
        return post(account, "/recreate", body.toString());
    }

    public static Response post(String account, String path, String body) {
        return as(account).contentType("application/json").body(body).post(PROXY + path);
    }

    private static String body(String proxyKey) {
        return JSON.createObjectNode().put("proxy_key", proxyKey).toString();
    }

    private static String keys(List<String> named) {
        ObjectNode body = JSON.createObjectNode();
        named.forEach(body.putArray("proxy_keys")::add);
        return body.toString();
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
