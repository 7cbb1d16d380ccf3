package io.proxykeys.reliability;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.proxykeys.harness.Api;
import io.proxykeys.harness.Gateway;
import io.proxykeys.harness.Issuer;
import io.proxykeys.harness.NativeFunction;
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
        Map<String, String> headers = new HashMap<>(Map.of("authorization", "Bearer " + ISSUER.token(account)));
        if (idempotencyKey != null) {
            headers.put("idempotency-key", idempotencyKey);
        }
        return Gateway.event("DELETE", Api.PROXY, "", headers);
    }

    /** A call with a JSON body. */
    static ObjectNode post(String account, String path, String body) {
        return Gateway.event("POST", Api.PROXY + path, "",
                Map.of("authorization", "Bearer " + ISSUER.token(account), "content-type", "application/json")).put("body", body);
    }

    /** An alert of its own, for every key there is. */
    static ObjectNode alert(String account) {
        return Gateway.alert(account, UUID.randomUUID().toString(), Instant.now().plusSeconds(1));
    }
}
