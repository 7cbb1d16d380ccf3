package io.proxykeys.bench;

import com.fasterxml.jackson.databind.JsonNode;
import io.proxykeys.harness.Api;
import io.proxykeys.harness.Archive;
import io.proxykeys.harness.Gateway;
import io.proxykeys.harness.Issuer;
import io.proxykeys.harness.NativeFunction;
import io.proxykeys.harness.Postgres;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What the native function costs, beside the floor: the same SQL sent by a bare client in the same run. First as it is deployed, then
 * without TLS and with the key set in a file. src/docs/performance.md has the command; prints tables and writes {@code target/bench.json}.
 * Every answer is verified.
 *
 * <p>Measured from handing an event to the function until the last byte of its answer has come, with a Runtime API whose own
 * share is measured too.
 */
public final class Benchmark {

    private static final int REFUSALS = Integer.getInteger("bench.refusals", 3_000);
    private static final int MOST_KEYS = Integer.getInteger("bench.keys", 1_000_000);
    private static final int UNCOUNTED = 500;

    private final Accounts accounts;
    private final List<Side> functions;
    private final Setup deployed;
    private final Setup plain;
    private final int port;
    private final Map<String, Object> json = new LinkedHashMap<>();

    /** @param port of the database */
    private Benchmark(Accounts accounts, List<Side> functions, Setup deployed, Setup plain, int port) {
        this.port = port;
        this.accounts = accounts;
        this.functions = functions;
        this.deployed = deployed;
        this.plain = plain;
    }

    public static void main(String... args) {
        int status = 0;
        try {
            measure();
        } catch (Exception | AssertionError e) {
            e.printStackTrace();
            status = 1;
        }
        // Servers of this process would keep it alive.
        System.exit(status);
    }

    private static void measure() throws Exception {
        // Otherwise the server of the key set holds back the second packet until the first is acknowledged, which takes 40 ms.
        System.setProperty("sun.net.httpserver.nodelay", "true");
        String given = System.getProperty("bench.database");
        int port = given == null ? Postgres.shared().port() : Integer.parseInt(given.replaceAll(".*:(\\d+)/.*", "$1"));
        Path keys = Files.writeString(Files.createTempFile("jwks", ".json"), Issuer.jwks(List.of(Issuer.shared().rsa)));
        Map<String, String> environment = NativeFunction.environment(port, keys.toUri().toString());
        environment.put("PROXY_KEYS_LIMIT_DELETE_ALL_PER_MINUTE", "0");
        Setup plain = new Setup("Plain: without TLS, the key set in a file", environment, "jdbc:postgresql://localhost:" + port
                + "/postgres?sslmode=disable&user=" + Postgres.FUNCTION_USER + "&password=" + Postgres.PASSWORD);
        String owner = given == null ? "jdbc:postgresql://localhost:" + port + "/postgres?user=postgres" : given;
        List<Side> functions = functions();
        try (Accounts accounts = new Accounts(owner);
                Connection administrator = Accounts.connect(owner);
                Deployed deployed = new Deployed(plain, administrator)) {
            Benchmark benchmark = new Benchmark(accounts, functions, deployed.setup(), plain, port);
            Duration mixed = Duration.ofMinutes(Integer.getInteger("bench.mixed.minutes", 0));
            if (mixed.isZero()) {
                benchmark.run();
            } else {
                MixedCalls.run(functions.get(0), deployed.setup(), accounts, mixed);
            }
        } finally {
            for (Side function : functions) {
                function.close();
            }
            Files.delete(keys);
        }
    }

    /** The one in {@code target}, and those of {@code bench.other}, separated by commas. */
    private static List<Side> functions() throws Exception {
        List<Side> functions = new ArrayList<>(List.of(Side.of("this", Archive.OURS)));
        for (String other : System.getProperty("bench.other", "").split(",", -1)) {
            if (!other.isBlank()) {
                Path path = Path.of(other.strip());
                functions.add(Side.of(functions.size() == 1 ? "other" : "other " + functions.size(), path));
            }
        }
        return functions;
    }

    private void run() throws Exception {
        sizes();
        runtimeApi();
        Comparison comparison = new Comparison(functions, accounts);
        if (deviceCanBeMade()) {
            json.put("cold", comparison.cold(deployed));
            for (Side function : functions) {
                function.removeDevice();
            }
        }
        json.put("deployed", comparison.warm(deployed));
        json.put("plain", comparison.warm(plain));
        json.put("first_calls", new FirstCalls(functions.get(0), accounts, plain, port).run());
        if (functions.size() == 1) {
            refusals();
            scale();
        }
        Path file = Path.of("target/bench.json");
        Files.writeString(file, Api.JSON.writerWithDefaultPrettyPrinter().writeValueAsString(json));
        System.out.println("-> " + file);
    }

    private boolean deviceCanBeMade() {
        try {
            for (Side function : functions) {
                function.device();
            }
            return true;
        } catch (IOException e) {
            System.out.printf("""

                    ################################################################################
                    #  COLD STARTS ARE NOT MEASURED: THIS TAKES LINUX, LOOP DEVICES AND ROOT.      #
                    ################################################################################
                    %s%n""", e.getMessage());
            return false;
        }
    }

    private void sizes() throws Exception {
        for (Side function : functions) {
            System.out.printf(Locale.ROOT, "%s: %.1f MB%n", function.name, function.bytes() / 1e6);
        }
        long zip = Files.size(Archive.OURS);
        System.out.printf(Locale.ROOT, "function.zip: %.1f MB%n", zip / 1e6);
        json.put("unpacked_bytes", functions.get(0).bytes());
        json.put("zip_bytes", zip);
    }

    /** What the Runtime API adds: an event that a client in this process takes and answers. */
    private void runtimeApi() throws Exception {
        Samples samples = new Samples();
        try (RuntimeApi api = new RuntimeApi(); Poller poller = new Poller(api.address())) {
            poller.start();
            byte[] event = delete("nobody");
            for (int i = 0; i < 2 * UNCOUNTED; i++) {
                long start = System.nanoTime();
                long end = api.invoke(event).at();
                if (i >= UNCOUNTED) {
                    samples.addSince(start, end);
                }
            }
        }
        System.out.printf(Locale.ROOT, "Runtime API alone: %.3f ms, at most %.0f events a second%n", samples.median(), 1000 / samples
                .mean());
        json.put("runtime_api", samples.json());
    }

    private void refusals() throws Exception {
        String token = Issuer.shared().token("nobody");
        String forged = token.substring(0, token.length() - 40) + "A".repeat(40);
        System.out.println();
        try (Function function = new Function(functions.get(0).command(), plain.environment())) {
            function.api.awaitFirstPoll();
            refusal(function, "refused path", 404, event("/v1/auth/proxy/", token));
            refusal(function, "refused token", 401, event(Api.PROXY, forged));
        }
    }

    private void refusal(Function function, String kind, int status, byte[] event) throws Exception {
        double cpu = 0;
        long start = 0;
        for (int i = 0; i < UNCOUNTED + REFUSALS; i++) {
            if (i == UNCOUNTED) {
                cpu = function.cpuMillis();
                start = System.nanoTime();
            }
            JsonNode answer = json(function.api.invoke(event));
            if (answer.get("statusCode").intValue() != status) {
                throw new AssertionError(answer.toString());
            }
        }
        double perSecond = REFUSALS / ((System.nanoTime() - start) / 1e9);
        double cpuMillis = (function.cpuMillis() - cpu) / REFUSALS;
        System.out.printf(Locale.ROOT, "%s (%d): %.0f a second, processor time of each %.2f ms%n", kind, status, perSecond, cpuMillis);
        json.put(kind.replace(' ', '_'), Map.of("per_second", perSecond, "cpu_ms", cpuMillis));
    }

    private void scale() throws Exception {
        Map<Integer, Object> scale = new LinkedHashMap<>();
        try (Function function = new Function(functions.get(0).command(), deployed.environment());
                Floor client = deployed.client(Floor.Sql.SAME)) {
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
                System.out.printf(Locale.ROOT, "%,d keys, as deployed: %.2f ms, floor %.2f, ratio %.2f; resident at most %.1f MiB%n", keys,
                        calls.median(), floor.median(), calls.median() / floor.median(), function.memory("status", "VmHWM"));
                scale.put(keys, Map.of("call", calls.json(), "floor", floor.json()));
            }
            json.put("keys", scale);
            json.put("rss_most_mib", function.memory("status", "VmHWM"));
        }
    }

    static long verified(RuntimeApi.Answer answer, int keys) throws Exception {
        JsonNode response = json(answer);
        JsonNode body = response.path("statusCode").intValue() == 200 ? Api.json(response.get("body").textValue()) : response;
        if (!body.has("deleted")) {
            throw new AssertionError(answer.body());
        }
        check(new Floor.Revoked(body.get("deleted").intValue(), body.get("credits_returned").decimalValue()), keys);
        return answer.at();
    }

    static void check(Floor.Revoked revoked, int keys) {
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
}
