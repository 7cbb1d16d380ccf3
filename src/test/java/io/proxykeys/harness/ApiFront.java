package io.proxykeys.harness;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;

/**
 * The function at an address for browsers, as the gateway of template.yaml serves it: with CORS for one origin, with refusals of its own
 * that a page may not read, and sometimes with an answer that is lost.
 */
public final class ApiFront implements AutoCloseable {

    private static final String EXPOSED = "x-request-id, idempotency-replayed, link, retry-after, ratelimit, ratelimit-policy,"
            + " www-authenticate";

    /** What becomes of requests. */
    public enum Fault {
        NONE,
        /** The gateway refuses the token itself. Its answer has no CORS headers. */
        REFUSED_BY_GATEWAY,
        /** Nothing reaches the function. */
        BROKEN_BEFORE,
        /** The function carries it out, and nobody is told. */
        BROKEN_AFTER
    }

    private final HttpServer server;
    private final String allowedOrigin;
    private final List<String> requests = new CopyOnWriteArrayList<>();
    private volatile Fault fault = Fault.NONE;
    private volatile String faultyMethod;
    private volatile int times;

    /** @param allowedOrigin whose pages may read answers, such as {@code http://localhost:1234} */
    public ApiFront(String allowedOrigin) {
        this.allowedOrigin = allowedOrigin;
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 10);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.setExecutor(Executors.newCachedThreadPool(work -> {
            Thread thread = new Thread(work, "api front");
            thread.setDaemon(true);
            return thread;
        }));
        server.createContext("/", this::serve);
        server.start();
    }

    public String address() {
        return "http://localhost:" + server.getAddress().getPort();
    }

    /** The next requests with this method have this fault. */
    public void fault(Fault next, String method, int howOften) {
        times = howOften;
        faultyMethod = method;
        fault = next;
    }

    /** Method, path and query, and Idempotency-Key of each request so far. */
    public List<String> requests() {
        return List.copyOf(requests);
    }

    private void serve(HttpExchange exchange) throws IOException {
        try (exchange) {
            if (exchange.getRequestMethod().equals("OPTIONS")) {
                allow(exchange);
                exchange.sendResponseHeaders(204, -1);
                return;
            }
            String key = exchange.getRequestHeaders().getFirst("Idempotency-Key");
            requests.add(exchange.getRequestMethod() + " " + exchange.getRequestURI() + (key == null ? "" : " " + key));
            switch (next(exchange.getRequestMethod())) {
                case NONE -> {
                    allow(exchange);
                    answer(exchange, invoke(exchange));
                }
                case REFUSED_BY_GATEWAY -> {
                    exchange.sendResponseHeaders(401, 0);
                    exchange.getResponseBody().write("{\"message\":\"Unauthorized\"}".getBytes(StandardCharsets.UTF_8));
                }
                case BROKEN_BEFORE -> {
                    // Closed without an answer.
                }
                case BROKEN_AFTER -> invoke(exchange);
            }
        }
    }

    private synchronized Fault next(String method) {
        if (fault == Fault.NONE || !method.equals(faultyMethod)) {
            return Fault.NONE;
        }
        Fault now = fault;
        if (--times == 0) {
            fault = Fault.NONE;
        }
        return now;
    }

    private void allow(HttpExchange exchange) {
        if (allowedOrigin.equals(exchange.getRequestHeaders().getFirst("Origin"))) {
            exchange.getResponseHeaders().set("Access-Control-Allow-Origin", allowedOrigin);
            exchange.getResponseHeaders().set("Access-Control-Allow-Methods", "GET, POST, DELETE");
            exchange.getResponseHeaders().set("Access-Control-Allow-Headers", "authorization, content-type, idempotency-key");
            exchange.getResponseHeaders().set("Access-Control-Expose-Headers", EXPOSED);
        }
    }

    private static Gateway.Result invoke(HttpExchange exchange) throws IOException {
        Map<String, String> headers = new HashMap<>();
        exchange.getRequestHeaders().forEach((name, values) -> headers.put(name.toLowerCase(Locale.ROOT), String.join(",", values)));
        String query = exchange.getRequestURI().getRawQuery();
        ObjectNode event = Gateway.event(exchange.getRequestMethod(), exchange.getRequestURI().getRawPath(), query == null ? "" : query,
                headers);
        byte[] body = exchange.getRequestBody().readAllBytes();
        if (body.length > 0) {
            event.put("body", new String(body, StandardCharsets.UTF_8));
        }
        return Gateway.invoke(event);
    }

    private static void answer(HttpExchange exchange, Gateway.Result result) throws IOException {
        result.payload().path("headers").properties().forEach(header -> exchange.getResponseHeaders().set(header.getKey(), header.getValue()
                .asText()));
        byte[] body = result.body().getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(result.status(), body.length);
        exchange.getResponseBody().write(body);
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
