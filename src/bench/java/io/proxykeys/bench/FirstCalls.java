package io.proxykeys.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.proxykeys.harness.Api;
import io.proxykeys.harness.Gateway;
import io.proxykeys.harness.Issuer;
import io.proxykeys.harness.WireTap;
import io.proxykeys.http.Route;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The first and the second call of each operation, each pair in a new copy of the function: processor time, time, waits
 * for the database.
 */
final class FirstCalls {

    private static final int ROUNDS = Integer.getInteger("bench.first", 7);
    private static final int KEYS = 3;
    private static final List<Route> SAME_OR_SIGNED = List.of(Route.DELETE_ALL_ALIAS, Route.GITHUB_REPORT);

    private final Side side;
    private final Accounts accounts;
    private final WireTap tap;
    private final Map<String, String> environment;

    /** What a call took. */
    private record Cost(Samples processor, Samples time, Samples waits) {

        Cost() {
            this(new Samples(), new Samples(), new Samples());
        }

        Map<String, Object> json() {
            return Map.of("cpu_ms", processor.json(), "ms", time.json(), "waits", waits.median());
        }
    }

    /** @param port of the database */
    FirstCalls(Side side, Accounts accounts, Setup plain, int port) {
        this.side = side;
        this.accounts = accounts;
        this.tap = new WireTap(port);
        this.environment = new HashMap<>(plain.environment());
        environment.put("QUARKUS_DATASOURCE_REACTIVE_URL", "postgresql://localhost:" + tap.port() + "/postgres");
    }

    /** Prints a table, and returns the same for {@code bench.json}. */
    Map<String, Object> run() throws Exception {
        System.out.printf(Locale.ROOT, "%nFirst and second call of each operation, without TLS: medians of %d%n%-20s%28s%28s%12s%n", ROUNDS,
                "",
                "first: processor, time, waits", "second: processor, time, waits", "difference");
        Map<Route, Cost> first = new EnumMap<>(Route.class);
        Map<Route, Cost> second = new EnumMap<>(Route.class);
        for (int round = 0; round < ROUNDS; round++) {
            for (Route route : Route.values()) {
                if (!SAME_OR_SIGNED.contains(route)) {
                    pair(event(route), event(route), first.computeIfAbsent(route, none -> new Cost()),
                            second.computeIfAbsent(route, none -> new Cost()));
                }
            }
        }
        Map<String, Object> json = new LinkedHashMap<>();
        first.forEach((route, cost) -> {
            Cost next = second.get(route);
            String name = route.name().toLowerCase(Locale.ROOT);
            System.out.printf(Locale.ROOT, "%-20s%10.1f%10.1f%8.0f%10.1f%10.1f%8.0f%14.1f%n", name, cost.processor.median(),
                    cost.time.median(), cost.waits.median(), next.processor.median(), next.time.median(), next.waits.median(),
                    cost.processor.median() - next.processor.median());
            json.put(name, Map.of("first", cost.json(), "second", next.json()));
        });
        return json;
    }

    private void pair(byte[] first, byte[] second, Cost firstCost, Cost secondCost) throws Exception {
        try (Function function = new Function(side.command(), environment)) {
            function.api.awaitFirstPoll();
            call(function, first, firstCost);
            call(function, second, secondCost);
        }
    }

    private void call(Function function, byte[] event, Cost cost) throws Exception {
        Thread.sleep(20);
        double before = function.cpuMillis();
        tap.reset();
        long start = System.nanoTime();
        RuntimeApi.Answer answer = function.api.invoke(event);
        cost.time.addSince(start, answer.at());
        Thread.sleep(20);
        cost.processor.add(function.cpuMillis() - before);
        cost.waits.add(tap.roundTrips());
        if (Api.json(answer.body()).path("statusCode").intValue() != 200) {
            throw new AssertionError(answer.body());
        }
    }

    private byte[] event(Route route) throws Exception {
        String account = accounts.withKeys(KEYS);
        ObjectNode body = Api.JSON.createObjectNode();
        String query = "";
        switch (route) {
            case CREATE -> body.put("name", "new").put("allocated_ammount", 1);
            case LOOKUP, REMOVE, ROTATE -> body.put("proxy_key", accounts.keyOf(account));
            case TOGGLE -> body.put("proxy_key", accounts.keyOf(account)).put("is_active", false);
            case UPDATE -> body.put("proxy_key", accounts.keyOf(account)).put("name", "another");
            case RESUME -> body.put("suspension_id", byAnother(Route.SUSPEND, account, "suspension_id"));
            case RECREATE -> body.put("revocation_id", receipt(account));
            case RECEIPT -> query = "id=" + receipt(account);
            case RECEIPTS -> receipt(account);
            default -> {
                // The account is all that it takes.
            }
        }
        return event(route, account, query, body);
    }

    private static byte[] event(Route route, String account, String query, ObjectNode body) {
        ObjectNode event = Gateway.event(route.method(), route.path(), query, Map.of("authorization", "Bearer " + Issuer.shared().token(
                account), "content-type", "application/json"));
        if (!body.isEmpty()) {
            event.put("body", body.toString());
        }
        return event.toString().getBytes(StandardCharsets.UTF_8);
    }

    private String receipt(String account) throws IOException, InterruptedException {
        return byAnother(Route.DELETE_ALL, account, "revocation_id");
    }

    /** A member of the answer that another copy of the function gives. */
    private String byAnother(Route route, String account, String member) throws IOException, InterruptedException {
        try (Function other = new Function(side.command(), environment)) {
            JsonNode answer = Api.json(other.api.invoke(event(route, account, "", Api.JSON.createObjectNode())).body());
            return Api.json(answer.get("body").textValue()).get(member).textValue();
        }
    }
}
