package io.proxykeys.auth;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicReference;
import java.util.zip.GZIPInputStream;

/** A document, fetched by GET (RFC 9110, section 9.3.1) by a thread that is free again soon after the time is over. */
final class Download implements Callable<String> {

    private final Callable<HttpURLConnection> opener;
    private final Duration timeout;
    private final long deadline;
    /** While the head of the answer is waited for. */
    private final AtomicReference<HttpURLConnection> waiting = new AtomicReference<>();

    /** @param opener makes a connection that is not connected yet */
    Download(Callable<HttpURLConnection> opener, Duration timeout) {
        this.opener = opener;
        this.timeout = timeout;
        this.deadline = System.nanoTime() + timeout.toNanos();
    }

    /** Fails if there is no answer, or another one than 200. */
    @Override
    public String call() throws Exception {
        HttpURLConnection connection = opener.call();
        prepare(connection);
        waiting.set(connection);
        try {
            int status = connection.getResponseCode();
            waiting.set(null);
            if (status != HttpURLConnection.HTTP_OK) {
                throw new IOException("HTTP status " + status);
            }
            try (InputStream body = connection.getInputStream()) {
                return read("gzip".equalsIgnoreCase(connection.getContentEncoding()) ? new GZIPInputStream(body) : body);
            }
        } finally {
            connection.disconnect();
        }
    }

    private void prepare(HttpURLConnection connection) {
        connection.setConnectTimeout((int) timeout.toMillis());
        connection.setReadTimeout((int) timeout.toMillis());
        connection.setInstanceFollowRedirects(false);
        connection.setRequestProperty("Accept", "application/jwk-set+json, application/json, */*");
        connection.setRequestProperty("Accept-Encoding", "gzip");
        // Some providers and their firewalls refuse a request that does not say who asks.
        connection.setRequestProperty("User-Agent", "proxy-keys");
        // Minutes pass between two fetches, in which Lambda freezes the process: a connection that is kept is lost.
        connection.setRequestProperty("Connection", "close");
    }

    /** Each read is bounded by the connection's timeout; this bounds all of them together, for a source that sends slowly. */
    private String read(InputStream body) throws IOException {
        ByteArrayOutputStream document = new ByteArrayOutputStream();
        byte[] buffer = new byte[8192];
        for (int length = body.read(buffer); length >= 0; length = body.read(buffer)) {
            document.write(buffer, 0, length);
            if (System.nanoTime() - deadline > 0) {
                throw new SocketTimeoutException("the document did not arrive in time");
            }
        }
        return document.toString(StandardCharsets.UTF_8);
    }

    /** Nobody waits for it any more. Ends the wait for a source that sends the head of its answer slowly. */
    void giveUp() {
        HttpURLConnection connection = waiting.getAndSet(null);
        if (connection != null) {
            connection.disconnect();
        }
    }
}
