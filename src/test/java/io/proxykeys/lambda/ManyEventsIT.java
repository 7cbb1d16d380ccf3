package io.proxykeys.lambda;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import io.proxykeys.harness.Gateway;
import io.proxykeys.harness.Issuer;
import io.proxykeys.harness.NativeFunction;
import io.proxykeys.harness.Postgres;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** An instance may live for hours: nothing of an event stays behind. */
class ManyEventsIT {

    /** With 1 KB left of each event, as when the entry was a decorator, the memory was full after half of them. */
    private static final int EVENTS = 40_000;

    @Test
    void noMemoryIsLostWithAnEvent() {
        Map<String, String> environment = NativeFunction.environment(Postgres.shared().port(), Issuer.shared().keyServer().location());
        JsonNode event = Gateway.event("DELETE", "/v1/auth/proxy/", "", Map.of());
        try (NativeFunction function = NativeFunction.start(environment, "-Xmx24m").awaitFirstPoll()) {
            for (int i = 0; i < EVENTS; i++) {
                assertEquals(404, function.invoke(event).status());
            }
        }
    }
}
