package io.proxykeys.harness;

import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.zip.GZIPOutputStream;
import javax.net.ssl.SSLContext;

/** Publishes a key set as an identity provider does, counts who asks, and can be down. */
public final class KeyServer {

    private final HttpServer server;
    private final String scheme;
    private final AtomicInteger fetches = new AtomicInteger();
    private volatile String document;
    private volatile boolean down;
    private volatile boolean compressed;
    private volatile String userAgent;

    public KeyServer(String document) {
        this(document, null);
    }

    /** @param tls with the server's certificate; {@code null} for http */
    public KeyServer(String document, SSLContext tls) {
        this(document, tls, InetAddress.getLoopbackAddress());
    }

    /** @param host the address to listen on */
    public KeyServer(String document, SSLContext tls, InetAddress host) {
        this.document = document;
        InetSocketAddress address = new InetSocketAddress(host, 0);
        try {
            if (tls == null) {
                server = HttpServer.create(address, 10);
                scheme = "http";
            } else {
                HttpsServer https = HttpsServer.create(address, 10);
                https.setHttpsConfigurator(new HttpsConfigurator(tls));
                server = https;
                scheme = "https";
            }
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
            userAgent = exchange.getRequestHeaders().getFirst("User-Agent");
            byte[] body = this.document.getBytes(StandardCharsets.UTF_8);
            if (compressed) {
                body = gzip(body);
                exchange.getResponseHeaders().set("Content-Encoding", "gzip");
            }
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
        return scheme + (scheme.equals("http") ? "://127.0.0.1:" : "://localhost:") + server.getAddress().getPort() + "/jwks.json";
    }

    public void publish(String document) {
        this.document = document;
    }

    public void down(boolean down) {
        this.down = down;
    }

    /** Sends the document compressed from now on, whether it was asked for or not. */
    public void compress(boolean compressed) {
        this.compressed = compressed;
    }

    /** Who asked last. */
    public String userAgent() {
        return userAgent;
    }

    public void stop() {
        server.stop(0);
    }

    private static byte[] gzip(byte[] text) throws IOException {
        ByteArrayOutputStream compressed = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(compressed)) {
            gzip.write(text);
        }
        return compressed.toByteArray();
    }

    public int fetches() {
        return fetches.get();
    }
}
