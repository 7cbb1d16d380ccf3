package io.proxykeys.bench;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.proxykeys.harness.Gateway;
import io.proxykeys.harness.Issuer;
import io.proxykeys.harness.NativeFunction;
import io.proxykeys.harness.Postgres;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * An instance may live for hours: nothing of an event stays behind. Here beside the benchmark, whose Runtime API is fast enough for so
 * many.
 */
class ManyEventsIT {

    /** With 1 KB left of each event, as when the entry was a decorator, the memory would be full before the end. */
    private static final int EVENTS = 30_000;

    @Test
    void noMemoryIsLostWithAnEvent() throws Exception {
        Map<String, String> environment = NativeFunction.environment(Postgres.shared().port(), Issuer.shared().keyServer().location());
        byte[] event = Gateway.event("DELETE", "/v1/auth/proxy/", "", Map.of()).toString().getBytes(StandardCharsets.UTF_8);
        try (Function function = new Function(NativeFunction.binary(), environment, "-Xmx20m")) {
            function.api.awaitFirstPoll();
            for (int i = 0; i < EVENTS; i++) {
                RuntimeApi.Answer answer = function.api.invoke(event);
                assertTrue(answer.body().startsWith("{\"statusCode\":404,"), answer::body);
            }
        }
    }
}
