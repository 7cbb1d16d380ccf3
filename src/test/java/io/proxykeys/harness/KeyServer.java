package io.proxykeys.harness;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/** Publishes a key set as an identity provider does, counts who asks, and can be down. */
public final class KeyServer {

    private final HttpServer server;
    private final AtomicInteger fetches = new AtomicInteger();
    private volatile String document;
    private volatile boolean down;

    public KeyServer(String document) {
        this.document = document;
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 10);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.setExecutor(Executors.newCachedThreadPool(work -> {
            Thread thread = new Thread(work, "key server");
            thread.setDaemon(true);
            return thread;
        }));
        server.createContext("/", exchange -> {
            fetches.incrementAndGet();
            byte[] body = this.document.getBytes(StandardCharsets.UTF_8);
            try (exchange) {
                if (down) {
                    exchange.sendResponseHeaders(500, -1);
                    return;
                }
                exchange.sendResponseHeaders(200, body.length);
                exchange.getResponseBody().write(body);
            }
        });
        server.start();
    }

    public String location() {
        return "http://127.0.0.1:" + server.getAddress().getPort() + "/jwks.json";
    }

    public void publish(String document) {
        this.document = document;
    }

    public void down(boolean down) {
        this.down = down;
    }

    public int fetches() {
        return fetches.get();
    }
}
