package io.proxykeys.bench;

import com.fasterxml.jackson.databind.JsonNode;
import io.proxykeys.harness.Gateway;
import io.proxykeys.harness.Issuer;
import io.proxykeys.http.Route;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;

/** Reads, deletions, alerts and refusals in turn for a long time: prints the memory and the slowest calls of each tenth of it. */
final class MixedCalls {

    private static final int TABLE_ROWS = 10;
    private static final int KEYS = 20;
    private static final int PAUSE_MILLIS = 20;

    private final Function function;
    private final Accounts accounts;

    /** @param expected a part of the answer */
    private record Call(JsonNode event, String expected) {
    }

    private MixedCalls(Function function, Accounts accounts) {
        this.function = function;
        this.accounts = accounts;
    }

    static void run(Side side, Setup setup, Accounts accounts, Duration duration) throws Exception {
        try (Function function = new Function(side.command(), setup.environment())) {
            function.api.awaitFirstPoll();
            new MixedCalls(function, accounts).run(duration);
        }
    }

    private void run(Duration duration) throws Exception {
        System.out.printf(Locale.ROOT, "%10s%12s%14s%14s%14s%10s%10s%n", "minutes", "calls", "resident MiB", "proportional", "anonymous",
                "p99 ms",
                "worst ms");
        long start = System.nanoTime();
        int calls = 0;
        for (int row = 1; row <= TABLE_ROWS; row++) {
            Samples samples = new Samples();
            while (System.nanoTime() - start < duration.toNanos() / TABLE_ROWS * row) {
                for (Call call : round()) {
                    byte[] event = call.event.toString().getBytes(StandardCharsets.UTF_8);
                    Thread.sleep(PAUSE_MILLIS);
                    long sent = System.nanoTime();
                    RuntimeApi.Answer answer = function.api.invoke(event);
                    samples.addSince(sent, answer.at());
                    calls++;
                    if (!answer.body().contains(call.expected)) {
                        throw new AssertionError(call.expected + ": " + answer.body());
                    }
                }
            }
            System.out.printf(Locale.ROOT, "%10.1f%12d%14.1f%14.1f%14.1f%10.2f%10.2f%n", (System.nanoTime() - start) / 60e9, calls,
                    function.memory("status", "VmRSS"), function.memory("smaps_rollup", "Pss"), function.memory("smaps_rollup",
                            "Anonymous"),
                    samples.quantile(0.99), samples.quantile(1));
        }
    }

    private List<Call> round() throws Exception {
        String account = accounts.withKeys(KEYS);
        String alerted = accounts.withKeys(KEYS);
        List<Call> calls = new ArrayList<>();
        calls.add(call("GET", Route.PROXY, account, "\"statusCode\":200"));
        calls.add(call("GET", Route.PROXY_PREVIEW, account, "\"statusCode\":200"));
        calls.add(call("DELETE", Route.PROXY, account, "\\\"deleted\\\":" + KEYS));
        calls.add(call("GET", Route.PROXY_REVOCATIONS, account, "\"statusCode\":200"));
        calls.add(call("DELETE", Route.PROXY + "/", account, "\"statusCode\":404"));
        calls.add(new Call(Gateway.event("DELETE", Route.PROXY, "", Map.of("authorization", "Bearer none")), "\"statusCode\":401"));
        calls.add(new Call(Gateway.alert(alerted, UUID.randomUUID().toString(), Instant.now()), "\"deleted\":" + KEYS));
        return calls;
    }

    private static Call call(String method, String path, String account, String expected) {
        return new Call(Gateway.event(method, path, "", Map.of("authorization", "Bearer " + Issuer.shared().token(account))), expected);
    }
}
