package io.proxykeys.conservation;

import io.proxykeys.database.Bucket;
import io.proxykeys.harness.Issuer;
import io.proxykeys.harness.NativeFunction;
import io.proxykeys.harness.Postgres;
import io.proxykeys.harness.WireTap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A copy of the native function with a wire of its own, which is frozen, killed and replaced by a new one. */
final class NativeCopy implements FunctionCopy, AutoCloseable {

    private final WireTap tap;
    private final Map<String, String> environment;
    private final EventCopy entry = new EventCopy(event -> function().invokeAsync(event).orTimeout(60, TimeUnit.SECONDS).join());
    private volatile NativeFunction function;

    NativeCopy(Postgres server) {
        tap = new WireTap(server.port());
        environment = NativeFunction.environment(tap.port(), Issuer.shared().keyServer().location());
        for (Bucket bucket : Bucket.values()) {
            environment.put("PROXY_KEYS_LIMIT_" + bucket.name() + "_PER_MINUTE", "0");
        }
        function = NativeFunction.start(environment).awaitFirstPoll();
    }

    @Override
    public Answer carryOut(Order order) {
        return entry.carryOut(order);
    }

    int carriedOut() {
        return entry.carriedOut();
    }

    WireTap tap() {
        return tap;
    }

    /** Whatever it is doing. */
    synchronized void freeze(long millis) {
        function.freeze();
        Session.pause(millis);
        function.thaw();
    }

    /** Whatever it is doing. */
    synchronized void killAndReplace() {
        function.kill();
        function = NativeFunction.start(environment).awaitFirstPoll();
    }

    private NativeFunction function() {
        return function;
    }

    @Override
    public void close() {
        function.close();
    }
}
