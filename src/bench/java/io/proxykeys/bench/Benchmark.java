package io.proxykeys.bench;

import com.fasterxml.jackson.databind.JsonNode;
import io.proxykeys.harness.Api;
import io.proxykeys.harness.Gateway;
import io.proxykeys.harness.Issuer;
import io.proxykeys.harness.NativeFunction;
import io.proxykeys.harness.Postgres;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What the native function costs, beside the floor: the same SQL sent by a bare client in the same run. First as it is deployed, then
 * without TLS and with the key set in a file. src/docs/performance.md has the command; prints a table and writes {@code target/bench.json}. Every answer is verified.
 *
 * <p>Measured from handing an event to the function until the last byte of its answer has come, with a Runtime API whose own
 * share is measured too. Function and floor take turns, so that both see the same machine.
 */
public final class Benchmark {

    private static final int STARTS = Integer.getInteger("bench.starts", 25);
    private static final int CALLS = Integer.getInteger("bench.calls", 500);
    /** The first ones of a series, in which everybody's caches fill. */
    private static final int UNCOUNTED = 50;
    private static final int REFUSALS = Integer.getInteger("bench.refusals", 3_000);
    private static final int MOST_KEYS = Integer.getInteger("bench.keys", 1_000_000);
    /** As many processors as Lambda gives to 256 MB: a full one is 1,769 MB. */
    private static final double CAP = 256 / 1769.0;

    private final Accounts accounts;
    /** Without TLS, and with the key set in a file. */
    private final Map<String, String> plain;
    private final Map<String, String> deployed;
    private final Map<String, Object> json = new LinkedHashMap<>();

    private Benchmark(Accounts accounts, Map<String, String> plain, Map<String, String> deployed) {
        this.accounts = accounts;
        this.plain = plain;
        this.deployed = deployed;
    }

    public static void main(String... args) throws Exception {
        String given = System.getProperty("bench.database");
        int port = given == null ? Postgres.shared().port() : Integer.parseInt(given.replaceAll(".*:(\\d+)/.*", "$1"));
        Path keys = Files.writeString(Files.createTempFile("jwks", ".json"), Issuer.jwks(List.of(Issuer.shared().rsa)));
        Map<String, String> environment = NativeFunction.environment(port, keys.toUri().toString());
        environment.put("PROXY_KEYS_LIMIT_DELETE_ALL_PER_MINUTE", "0");
        String owner = given == null ? "jdbc:postgresql://localhost:" + port + "/postgres?user=postgres" : given;
        String other = System.getProperty("bench.other");
        try (Accounts accounts = new Accounts(owner);
                Connection administrator = accounts.connect();
                Deployed deployed = new Deployed(environment, administrator)) {
            if (other == null) {
                new Benchmark(accounts, environment, deployed.environment()).run();
            } else {
                System.out.println("as deployed");
                new Pairs(Path.of(other), NativeFunction.binary(), accounts, deployed.environment()).run();
                System.out.println("plain: no TLS, the key set in a file");
                new Pairs(Path.of(other), NativeFunction.binary(), accounts, environment).run();
            }
        } finally {
            Files.delete(keys);
        }
        System.exit(0);
    }

    private void run() throws Exception {
        System.out.printf(Locale.ROOT, "%-56s %10s %10s %10s%n", "milliseconds", "p50", "p90", "p99");
        sizes();
        runtimeApi();
        starts("start as deployed", 1, deployed);
        warm("as deployed: ", deployed);
        starts("plain start", 1, plain);
        starts("plain start at 256 MB", CAP, plain);
        warm("plain: ", plain);
        scale();
        Path file = Path.of("target/bench.json");
        Files.writeString(file, Api.JSON.writerWithDefaultPrettyPrinter().writeValueAsString(json));
        System.out.println("-> " + file);
    }

    private void sizes() throws Exception {
        long binary = Files.size(NativeFunction.binary());
        long zip = Files.size(Path.of("target/function.zip"));
        System.out.printf(Locale.ROOT, "binary %.1f MB, function.zip %.1f MB%n", binary / 1e6, zip / 1e6);
        json.put("binary_bytes", binary);
        json.put("zip_bytes", zip);
    }

    /** What the Runtime API adds: an event that a client in this process takes and answers. */
    private void runtimeApi() throws Exception {
        Samples samples = new Samples();
        try (RuntimeApi api = new RuntimeApi(); Poller poller = new Poller(api.address())) {
            poller.start();
            byte[] event = delete("nobody");
            for (int i = 0; i < 2 * CALLS; i++) {
                long start = System.nanoTime();
                long end = api.invoke(event).at();
                if (i >= CALLS) {
                    samples.addSince(start, end);
                }
            }
        }
        report("Runtime API alone", samples);
        value("  its most events a second, the floor of refusals", "runtime_api_per_second", 1000 / samples.mean());
    }

    private void starts(String name, double processors, Map<String, String> environment) throws Exception {
        Samples firstPoll = new Samples();
        Samples firstAnswer = new Samples();
        Samples floor = new Samples();
        Samples initCpu = new Samples();
        Samples firstCpu = new Samples();
        Samples secondCpu = new Samples();
        boolean capped = true;
        for (int i = 0; i < STARTS + 2; i++) {
            String account = accounts.withKeys(3);
            byte[] event = delete(account);
            byte[] second = delete(accounts.withKeys(3));
            try (Function function = new Function(NativeFunction.binary(), environment)) {
                long polled = function.api.awaitFirstPoll();
                capped &= processors == 1 || function.cap(processors);
                double before = function.cpuMillis();
                long handedOut = System.nanoTime();
                long answered = verified(function.api.invoke(event), 3);
                Thread.sleep(20); // for threads that tidy up
                double after = function.cpuMillis();
                verified(function.api.invoke(second), 3);
                Thread.sleep(20);
                if (i >= 2) {
                    firstPoll.addSince(function.started, polled);
                    firstAnswer.add((polled - function.started + answered - handedOut) / 1e6);
                    initCpu.add(before);
                    firstCpu.add(after - before);
                    secondCpu.add(function.cpuMillis() - after);
                }
            }
            String other = accounts.withKeys(3);
            long start = System.nanoTime();
            try (Floor client = new Floor(accounts.connect())) {
                check(client.revoke(other), 3);
                if (i >= 2) {
                    floor.addSince(start, System.nanoTime());
                }
            }
        }
        if (!capped) {
            System.out.println(name + ": this machine does not let us cap a process");
            return;
        }
        report(name + " to first poll", firstPoll);
        report(name + " to first answer", firstAnswer);
        report("  floor of a " + name + ": connect, prepare, delete", floor);
        report(name + ": CPU before the first poll", initCpu);
        report(name + ": CPU of the first call", firstCpu);
        report(name + ": CPU of the second call", secondCpu);
    }

    private void warm(String name, Map<String, String> environment) throws Exception {
        Samples calls = new Samples();
        Samples floor = new Samples();
        List<byte[]> events = new ArrayList<>();
        List<String> others = new ArrayList<>();
        for (int i = 0; i < CALLS + UNCOUNTED; i++) {
            events.add(delete(accounts.withKeys(3)));
            others.add(accounts.withKeys(3));
        }
        accounts.tidy();
        try (Function function = new Function(NativeFunction.binary(), environment); Floor client = new Floor(accounts.connect())) {
            function.api.awaitFirstPoll();
            double cpu = 0;
            for (int i = 0; i < CALLS + UNCOUNTED; i++) {
                if (i == UNCOUNTED) {
                    cpu = function.cpuMillis();
                }
                long start = System.nanoTime();
                long end = verified(function.api.invoke(events.get(i)), 3);
                long floorStart = System.nanoTime();
                Floor.Revoked revoked = client.revoke(others.get(i));
                long floorEnd = System.nanoTime();
                check(revoked, 3);
                if (i >= UNCOUNTED) {
                    calls.addSince(start, end);
                    floor.addSince(floorStart, floorEnd);
                }
            }
            report(name + "warm delete-all of 3 keys", calls);
            report("  floor: the same SQL by a bare client", floor);
            value("  more than the floor, medians", key(name + "warm_more_than_floor_ms"), calls.median() - floor.median());
            value("processor time of a warm call", key(name + "warm_cpu_ms"), (function.cpuMillis() - cpu) / CALLS);
            value("resident after " + (CALLS + UNCOUNTED) + " calls, MiB", key(name + "rss_mib"), function.memory("status", "VmRSS"));
            value("proportional, MiB", key(name + "pss_mib"), function.memory("smaps_rollup", "Pss"));
            value("anonymous (private, not of the file), MiB", key(name + "anonymous_mib"), function.memory("smaps_rollup", "Anonymous"));
            if (environment == plain) {
                refusals(function);
            }
        }
    }

    private void refusals(Function function) throws Exception {
        String token = Issuer.shared().token("nobody");
        String forged = token.substring(0, token.length() - 40) + "A".repeat(40);
        Map<String, byte[]> kinds = Map.of(
                "refused path (404)", event("/v1/auth/proxy/", token), "refused token (401)", event(Api.PROXY, forged));
        for (String kind : kinds.keySet().stream().sorted().toList()) {
            int status = kind.contains("404") ? 404 : 401;
            double cpu = function.cpuMillis();
            long start = System.nanoTime();
            for (int i = 0; i < REFUSALS; i++) {
                JsonNode answer = json(function.api.invoke(kinds.get(kind)));
                if (answer.get("statusCode").intValue() != status) {
                    throw new AssertionError(answer.toString());
                }
            }
            double seconds = (System.nanoTime() - start) / 1e9;
            value(kind + ", a second", key(kind + " per_second"), REFUSALS / seconds);
            value(kind + ", processor time", key(kind + " cpu_ms"), (function.cpuMillis() - cpu) / REFUSALS);
        }
    }

    private void scale() throws Exception {
        try (Function function = new Function(NativeFunction.binary(), plain); Floor client = new Floor(accounts.connect())) {
            function.api.awaitFirstPoll();
            for (int keys = 10; keys <= MOST_KEYS; keys = keys == 10 ? 1_000 : keys * 10) {
                Samples calls = new Samples();
                Samples floor = new Samples();
                int rounds = keys <= 10_000 ? 21 : keys <= 100_000 ? 7 : 3;
                for (int round = 0; round < rounds; round++) {
                    for (boolean functionsTurn : new boolean[] { round % 2 == 0, round % 2 != 0 }) {
                        String account = accounts.withKeys(keys);
                        if (keys >= 10_000) {
                            accounts.tidy();
                        }
                        long start = System.nanoTime();
                        if (functionsTurn) {
                            calls.addSince(start, verified(function.api.invoke(delete(account)), keys));
                        } else {
                            check(client.revoke(account), keys);
                            floor.addSince(start, System.nanoTime());
                        }
                    }
                }
                report(String.format(Locale.ROOT, "%,d keys", keys), calls);
                report(String.format(Locale.ROOT, "  floor of %,d keys", keys), floor);
                System.out.printf(Locale.ROOT, "  %.2f of the floor; resident at most %.1f MiB%n", calls.median() / floor.median(),
                        function.memory("status", "VmHWM"));
            }
            json.put("rss_most_mib", function.memory("status", "VmHWM"));
        }
    }

    static long verified(RuntimeApi.Answer answer, int keys) throws Exception {
        JsonNode response = json(answer);
        JsonNode body = response.path("statusCode").intValue() == 200 ? Api.json(response.get("body").textValue()) : response;
        check(new Floor.Revoked(body.path("deleted").asInt(-1), body.path("credits_returned").decimalValue()), keys);
        return answer.at();
    }

    private static void check(Floor.Revoked revoked, int keys) {
        if (revoked.keys() != keys || revoked.credits().compareTo(Accounts.UNUSED.multiply(BigDecimal.valueOf(keys))) != 0) {
            throw new AssertionError(keys + " keys, and the answer was " + revoked);
        }
    }

    private static JsonNode json(RuntimeApi.Answer answer) throws Exception {
        return Api.JSON.readTree(answer.body());
    }

    static byte[] delete(String account) {
        return event(Api.PROXY, Issuer.shared().token(account));
    }

    private static byte[] event(String path, String token) {
        return Gateway.event("DELETE", path, "", Map.of("authorization", "Bearer " + token)).toString().getBytes(StandardCharsets.UTF_8);
    }

    private void report(String name, Samples samples) {
        System.out.printf(Locale.ROOT, "%-56s %10.3f %10.3f %10.3f%n", name, samples.median(), samples.quantile(0.9),
                samples.quantile(0.99));
        json.put(name.strip(), samples.json());
    }

    private static String key(String name) {
        return name.replaceAll("[^a-z0-9]+", "_");
    }

    private void value(String name, String key, double value) {
        System.out.printf(Locale.ROOT, "%-56s %10.3f%n", name, value);
        json.put(key, value);
    }
}
