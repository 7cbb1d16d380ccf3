package io.proxykeys.reliability;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.proxykeys.harness.Api;
import io.proxykeys.harness.Gateway;
import io.proxykeys.harness.Issuer;
import io.proxykeys.harness.NativeFunction;
import io.proxykeys.harness.Postgres;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;

/** Events for copies of the function that were started as Lambda starts them. */
final class Calls {

    private static final Issuer ISSUER = Issuer.shared();

    private Calls() {
    }

    /** A copy of the native function that reaches the database at this port, and polls. */
    static NativeFunction start(int databasePort) {
        return NativeFunction.start(NativeFunction.environment(databasePort, ISSUER.keyServer().location())).awaitFirstPoll();
    }

    /** Delete-all; the idempotency key may be {@code null}. */
    static ObjectNode deleteAll(String account, String idempotencyKey) {
        return http("DELETE", "", "", account, idempotencyKey);
    }

    static ObjectNode http(String method, String path, String query, String account, String idempotencyKey) {
        Map<String, String> headers = new HashMap<>(Map.of("authorization", "Bearer " + ISSUER.token(account)));
        if (idempotencyKey != null) {
            headers.put("idempotency-key", idempotencyKey);
        }
        return Gateway.event(method, Api.PROXY + path, query, headers);
    }

    static ObjectNode alert(String account) {
        return alert(account, UUID.randomUUID().toString(), Instant.now().plusSeconds(1));
    }

    static ObjectNode alert(String account, String id, Instant detectedAt) {
        ObjectNode event = Api.JSON.createObjectNode().put("version", "0").put("id", id)
                .put("detail-type", "Account Compromised").put("source", "proxy-keys.security").put("time", Instant.now().toString());
        event.putObject("detail").put("account_id", account).put("detected_at", detectedAt.toString());
        return event;
    }
}
