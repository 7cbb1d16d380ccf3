package io.proxykeys.harness;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * The Lambda Runtime API (<a href="https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html">AWS</a>) for one running
 * copy of the function, so that a test can start the packaged binary as Lambda does.
 */
public final class RuntimeApi implements AutoCloseable {

    /** How long a response may be: one byte more is refused with 413. */
    public static final int MOST_BYTES = 6_291_556;

    private static final String ROOT = "/2018-06-01/runtime/";

    private final HttpServer server;
    private final BlockingQueue<Invocation> waiting = new LinkedBlockingQueue<>();
    private final Map<String, Invocation> running = new ConcurrentHashMap<>();
    private final CompletableFuture<Void> firstPoll = new CompletableFuture<>();
    private volatile int mostBytes = MOST_BYTES;
    private volatile boolean closed;

    private record Invocation(String id, String event, Duration deadline, CompletableFuture<Gateway.Result> result) {
    }

    public RuntimeApi() {
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 10);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.setExecutor(Executors.newCachedThreadPool(work -> {
            Thread thread = new Thread(work, "runtime api");
            thread.setDaemon(true);
            return thread;
        }));
        server.createContext(ROOT + "invocation/next", this::next);
        server.createContext(ROOT + "invocation/", this::finished);
        server.start();
    }

    /** The value of {@code AWS_LAMBDA_RUNTIME_API}. */
    public String address() {
        return "127.0.0.1:" + server.getAddress().getPort();
    }

    /** From now on takes no longer responses than this. */
    public void takeAtMost(int bytes) {
        mostBytes = bytes;
    }

    /** Completes when the function asks for its first event. */
    public CompletableFuture<Void> firstPoll() {
        return firstPoll;
    }

    public CompletableFuture<Gateway.Result> invoke(JsonNode event) {
        return invoke(event, Duration.ofSeconds(29));
    }

    /** An invocation that is told to have this long, from the moment it takes the event. */
    public CompletableFuture<Gateway.Result> invoke(JsonNode event, Duration deadline) {
        Invocation invocation = new Invocation(UUID.randomUUID().toString(), event.toString(), deadline, new CompletableFuture<>());
        waiting.add(invocation);
        if (closed) {
            failUnanswered();
        }
        return invocation.result;
    }

    /** Ends it; whatever was not answered fails. */
    @Override
    public void close() {
        closed = true;
        server.stop(0);
        failUnanswered();
    }

    private void failUnanswered() {
        List<Invocation> unanswered = new ArrayList<>(running.values());
        waiting.drainTo(unanswered);
        unanswered.forEach(invocation -> invocation.result.completeExceptionally(new IOException("the function has ended")));
    }

    private void next(HttpExchange exchange) throws IOException {
        firstPoll.complete(null);
        try (exchange) {
            Invocation invocation = waiting.take();
            running.put(invocation.id, invocation);
            if (closed) {
                failUnanswered();
            }
            exchange.getResponseHeaders().set("Lambda-Runtime-Aws-Request-Id", invocation.id);
            exchange.getResponseHeaders().set("Lambda-Runtime-Deadline-Ms",
                    Long.toString(System.currentTimeMillis() + invocation.deadline.toMillis()));
            exchange.getResponseHeaders().set("Lambda-Runtime-Invoked-Function-Arn",
                    "arn:aws:lambda:eu-central-1:123456789012:function:proxy-keys");
            exchange.getResponseHeaders().set("Content-Type", "application/json");
            byte[] body = invocation.event.getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void finished(HttpExchange exchange) throws IOException {
        String[] path = exchange.getRequestURI().getPath().substring((ROOT + "invocation/").length()).split("/", -1);
        byte[] body = exchange.getRequestBody().readAllBytes();
        boolean taken = path[1].equals("error") || body.length <= mostBytes;
        try (exchange) {
            if (taken) {
                exchange.sendResponseHeaders(202, -1);
            } else {
                byte[] refusal = """
                        {"errorMessage":"Exceeded maximum allowed payload size (%d bytes).","errorType":"RequestEntityTooLarge"}"""
                        .formatted(mostBytes).getBytes(StandardCharsets.UTF_8);
                exchange.sendResponseHeaders(413, refusal.length);
                exchange.getResponseBody().write(refusal);
            }
        }
        if (taken) {
            running.remove(path[0]).result.complete(Gateway.Result.of(path[1].equals("error"), body));
        }
    }
}
