package io.proxykeys.signingkeys;

import java.io.ByteArrayOutputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPInputStream;
import javax.net.ssl.HttpsURLConnection;

/**
 * A document that is fetched once, by GET (RFC 9110, section 9.3.1), on the thread that calls. That thread is free soon after the time is
 * over, except for a source that keeps sending the head of a chunk (RFC 9112, section 7.1) byte by byte: the JDK ends that after 2 KB. If
 * the source closes the connection without an answer, the JDK asks once more.
 */
final class Download implements Callable<String> {

    /** Longer than any key set: more would only fill the memory. */
    private static final int MOST_BYTES = 1024 * 1024;
    /** RFC 9110, section 8.4.1.3. */
    private static final Set<String> GZIP = Set.of("gzip", "x-gzip");
    private static final Set<String> PLAIN = Set.of("", "identity");

    private final Callable<HttpURLConnection> opener;
    private final Resolver resolver;
    private final long deadline;
    /** Set until the head of the answer is there. */
    private volatile HttpURLConnection waiting;
    private volatile boolean givenUp;

    /** Finds the addresses of a host. */
    interface Resolver {
        InetAddress[] addresses(String host) throws UnknownHostException;
    }

    /** @param opener makes a connection that is not connected yet */
    Download(Callable<HttpURLConnection> opener, Duration timeout) {
        this(opener, InetAddress::getAllByName, timeout);
    }

    Download(Callable<HttpURLConnection> opener, Resolver resolver, Duration timeout) {
        this.opener = opener;
        this.resolver = resolver;
        this.deadline = System.nanoTime() + timeout.toNanos();
    }

    /** Fails if there is no answer in time, or another one than 200. */
    @Override
    public String call() throws Exception {
        HttpURLConnection connection = connect();
        try {
            // Giving up could not close what was not connected yet.
            if (givenUp) {
                throw late();
            }
            int status = connection.getResponseCode();
            waiting = null;
            if (status != HttpURLConnection.HTTP_OK) {
                throw new IOException("HTTP status " + status);
            }
            return document(connection);
        } finally {
            // Closes the body, too. Closed before, the connection could be kept.
            connection.disconnect();
        }
    }

    /** To any address of the host that takes a connection, one after the other, each with its share of the time. */
    private HttpURLConnection connect() throws Exception {
        for (int i = 0;; i++) {
            HttpURLConnection connection = opener.call();
            int left = 1;
            if (connection instanceof HttpsURLConnection https) {
                InetAddress[] addresses = resolver.addresses(https.getURL().getHost());
                left = addresses.length - i;
                https.setSSLSocketFactory(new OneAddress(https.getSSLSocketFactory(), addresses[i]));
            }
            prepare(connection, left);
            waiting = connection;
            try {
                connection.connect();
                return connection;
            } catch (SocketException | SocketTimeoutException notConnected) {
                connection.disconnect();
                if (left <= 1 || givenUp) {
                    throw notConnected;
                }
            } catch (IOException refused) {
                connection.disconnect();
                throw refused;
            }
        }
    }

    private void prepare(HttpURLConnection connection, int addressesLeft) {
        int millis = (int) Math.max(1, TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime()));
        connection.setConnectTimeout(Math.max(1, millis / addressesLeft));
        connection.setReadTimeout(millis);
        connection.setInstanceFollowRedirects(false);
        connection.setRequestProperty("Accept", "application/jwk-set+json, application/json, */*");
        connection.setRequestProperty("Accept-Encoding", "gzip");
        // Some providers and their firewalls refuse a request that does not say who asks.
        connection.setRequestProperty("User-Agent", "proxy-keys");
        // Minutes pass between two fetches, in which Lambda freezes the process: a connection that is kept is lost.
        connection.setRequestProperty("Connection", "close");
    }

    private String document(HttpURLConnection connection) throws IOException {
        String encoding = connection.getContentEncoding() == null ? "" : connection.getContentEncoding().strip().toLowerCase(Locale.ROOT);
        if (!GZIP.contains(encoding) && !PLAIN.contains(encoding)) {
            throw new IOException("the document has a Content-Encoding that was not asked for: have the source send it plain or as gzip");
        }
        InputStream body = new Timely(connection.getInputStream());
        if (GZIP.contains(encoding)) {
            try (GZIPInputStream unpacked = new GZIPInputStream(body)) {
                return read(unpacked);
            }
        }
        return read(body);
    }

    private static String read(InputStream body) throws IOException {
        ByteArrayOutputStream document = new ByteArrayOutputStream();
        byte[] buffer = new byte[8192];
        for (int length = body.read(buffer); length >= 0; length = body.read(buffer)) {
            document.write(buffer, 0, length);
            if (document.size() > MOST_BYTES) {
                throw new IOException("the document is longer than 1 MiB");
            }
        }
        return document.toString(StandardCharsets.UTF_8);
    }

    /** Nobody waits any more: closes the connection if the head of the answer is still awaited. */
    void giveUp() {
        givenUp = true;
        HttpURLConnection connection = waiting;
        if (connection != null) {
            connection.disconnect();
        }
    }

    private static SocketTimeoutException late() {
        return new SocketTimeoutException("the document did not arrive in time");
    }

    /** The connection bounds each read; this bounds all of them together, for a source that sends slowly. */
    private final class Timely extends FilterInputStream {

        private Timely(InputStream body) {
            super(body);
        }

        @Override
        public int read() throws IOException {
            requireTime();
            return super.read();
        }

        @Override
        public int read(byte[] buffer, int offset, int length) throws IOException {
            requireTime();
            return super.read(buffer, offset, length);
        }

        /** Left to {@link HttpURLConnection#disconnect}, which then closes the connection. */
        @Override
        public void close() {
        }

        private void requireTime() throws IOException {
            if (System.nanoTime() - deadline > 0) {
                throw late();
            }
        }
    }
}
