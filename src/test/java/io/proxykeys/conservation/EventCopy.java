package io.proxykeys.conservation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.proxykeys.harness.Api;
import io.proxykeys.harness.Gateway;
import io.proxykeys.harness.Issuer;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.jose4j.jws.AlgorithmIdentifiers;
import org.jose4j.jwt.JwtClaims;

/** The real function, asked as the gateway and EventBridge ask it. */
final class EventCopy implements FunctionCopy {

    private static final Map<String, String> TOKENS = new ConcurrentHashMap<>();

    private final Function<JsonNode, Gateway.Result> function;
    private final AtomicInteger carriedOut = new AtomicInteger();

    /** @param function invokes it with an event; a {@link CompletionException} means that it ended before it had answered */
    EventCopy(Function<JsonNode, Gateway.Result> function) {
        this.function = function;
    }

    @Override
    public Answer carryOut(Order order) {
        Gateway.Result result;
        try {
            result = function.apply(event(order));
        } catch (CompletionException ended) {
            if (ended.getCause() instanceof TimeoutException) {
                throw new AssertionError(order + " was not answered", ended);
            }
            return new Answer.Unknown();
        }
        Answer answer = switch (order.kind()) {
            case ALERT, KEY_ALERT, OWNER_ALERT -> ofAlert(result);
            case RELEASE -> result.functionError() ? new Answer.Unknown() : new Answer.Released();
            default -> ofRequest(order, result);
        };
        if (!(answer instanceof Answer.Released || answer instanceof Answer.Refused || answer instanceof Answer.Unavailable
                || answer instanceof Answer.Unknown)) {
            carriedOut.incrementAndGet();
        }
        return answer;
    }

    /** How many orders were confirmed: a function that refuses everything keeps the books balanced too. */
    int carriedOut() {
        return carriedOut.get();
    }

    private static Answer ofAlert(Gateway.Result result) {
        if (!result.functionError()) {
            return result.payload().path("known").asBoolean(true) ? done(result.payload()) : new Answer.Refused();
        }
        String message = result.payload().get("errorMessage").textValue();
        if (message.contains("the key does not live")) {
            return new Answer.Refused();
        }
        return message.contains("is unknown") ? new Answer.Unknown() : new Answer.Unavailable();
    }

    private static Answer ofRequest(Order order, Gateway.Result result) {
        return switch (result.status()) {
            case 200 -> done(order, result.json());
            case 404 -> new Answer.Refused();
            case 402, 409, 422 -> refused(order, result);
            case 503 -> result.json().get("detail").textValue().contains("outcome is unknown") ? new Answer.Unknown()
                    : new Answer.Unavailable();
            default -> throw new AssertionError(order + " was answered " + result.payload());
        };
    }

    /** What depends on the state of the account, and is answered to these operations only. */
    private static Answer refused(Order order, Gateway.Result result) {
        return switch (order.kind()) {
            // A rotation: two secrets of one key.
            case CREATE, UPDATE, RECREATE, ROTATE -> new Answer.Refused();
            default -> throw new AssertionError(order + " was answered " + result.payload());
        };
    }

    private static Answer done(Order order, JsonNode answer) {
        return switch (order.kind()) {
            case TOGGLE -> new Answer.Toggled();
            case UPDATE -> new Answer.Updated();
            case CREATE -> created(answer);
            case ROTATE -> new Answer.Rotated(answer.get("keys").valueStream().map(EventCopy::created).toList());
            case RESUME -> new Answer.Resumed(answer.get("resumed").intValue(), answer.get("skipped").intValue(),
                    answer.get("remaining").intValue());
            case LOOKUP -> new Answer.LookedUp(answer.get("allocated_ammount").decimalValue(), answer.get("used_ammount").decimalValue());
            case RECREATE -> new Answer.Recreated(answer.get("keys").valueStream().map(EventCopy::created).toList(),
                    answer.get("credits_allocated").decimalValue());
            default -> done(answer);
        };
    }

    private static Answer.Created created(JsonNode key) {
        return new Answer.Created(key.get("id").textValue(), key.get("key").textValue(), key.path("replaces").textValue());
    }

    private static Answer done(JsonNode answer) {
        if (answer.has("suspension_id")) {
            return new Answer.Suspended(answer.get("suspension_id").textValue(), answer.get("suspended").intValue());
        }
        return new Answer.Done(answer.get("revocation_id").textValue(), answer.get("deleted").intValue(),
                answer.get("credits_returned").decimalValue(), answer.get("balance").decimalValue());
    }

    private static ObjectNode event(Order order) {
        return switch (order.kind()) {
            case DELETE_ALL, EXPIRED, INACTIVE, SUSPENDED, NEVER_USED, PREFIX -> order.suspends()
                    ? request(order, "POST", "/suspend", selection(order))
                    : request(order, "DELETE", "", selection(order));
            case SEVERAL -> withKeys(order, request(order, "POST", order.suspends() ? "/suspend" : "/remove", ""));
            case REMOVE -> withKey(order, request(order, "POST", "/remove", ""));
            case TOGGLE -> withKey(order, request(order, "POST", "/toggle", ""));
            case LOOKUP -> withKey(order, request(order, "POST", "/lookup", ""));
            case ROTATE -> with(request(order, "POST", "/rotate", ""), Api.JSON.createObjectNode().put("overlap_seconds", order.number()
                    .intValue()).set("proxy_keys", names(order)));
            case RESUME -> with(request(order, "POST", "/resume", ""), Api.JSON.createObjectNode().put("suspension_id", order.of()));
            case CREATE -> with(request(order, "POST", "/create", ""), Api.JSON.createObjectNode().put("name", order.name())
                    .put("allocated_ammount", order.number()));
            case UPDATE -> with(request(order, "POST", "/update", ""), Api.JSON.createObjectNode().put("proxy_key", order.secret().text)
                    .put("allocated_ammount", order.number()));
            case RECREATE -> with(request(order, "POST", "/recreate", ""), Api.JSON.createObjectNode().put("revocation_id", order.of()));
            case ALERT, KEY_ALERT, OWNER_ALERT -> alert(order);
            case RELEASE -> Gateway.maintenance("Release Expired Holds");
        };
    }

    private static String selection(Order order) {
        return switch (order.kind()) {
            case DELETE_ALL -> "";
            case PREFIX -> "name_prefix=" + order.of();
            default -> "status=" + order.kind().operation;
        };
    }

    private static ArrayNode names(Order order) {
        ArrayNode names = Api.JSON.createArrayNode();
        order.secrets().forEach(secret -> names.add(secret.text));
        return names;
    }

    /** For runs that last longer than a token of the other tests. */
    private static String token(String account) {
        JwtClaims claims = Issuer.claims(account, String.join(" ", Issuer.READ, Issuer.WRITE, Issuer.DELETE, Issuer.CREATE));
        claims.setExpirationTimeMinutesInTheFuture(24 * 60);
        return Issuer.sign(Issuer.shared().rsa, AlgorithmIdentifiers.RSA_USING_SHA256, claims, jws -> {});
    }

    private static ObjectNode request(Order order, String method, String path, String query) {
        String token = TOKENS.computeIfAbsent(order.account(), EventCopy::token);
        Map<String, String> headers = Map.of("authorization", "Bearer " + token, "content-type", "application/json",
                "idempotency-key", order.name());
        return Gateway.event(method, Api.PROXY + path, query, headers);
    }

    private static ObjectNode withKey(Order order, ObjectNode event) {
        return with(event, Api.JSON.createObjectNode().put("proxy_key", order.secret().text));
    }

    private static ObjectNode withKeys(Order order, ObjectNode event) {
        return with(event, Api.JSON.createObjectNode().set("proxy_keys", names(order)));
    }

    private static ObjectNode with(ObjectNode event, ObjectNode body) {
        return event.put("body", body.toString());
    }

    /** The reason states the time, and the reporter the name of the key, for the audit. */
    private static ObjectNode alert(Order order) {
        ObjectNode event = Gateway.alert(order.account(), order.name(), order.detectedAt());
        ObjectNode detail = ((ObjectNode) event.get("detail")).put("reason", order.detectedAt().toString()).put("url", order.url());
        if (order.suspends()) {
            detail.put("action", "suspend");
        }
        if (order.isAlertOfKey()) {
            detail.without("account_id");
            detail.put("key_sha256", HexFormat.of().formatHex(order.secret().hash)).put("reported_by", order.secret().key.name)
                    .put("scope", order.kind() == Order.Kind.KEY_ALERT ? "key" : "account");
            event.put("detail-type", "Proxy Key Compromised");
        }
        return event;
    }
}
