package io.proxykeys.signingkeys;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.proxykeys.harness.KeyServer;
import io.proxykeys.harness.LoopbackServer;
import io.proxykeys.harness.TestCertificate;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.ConnectException;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.Proxy;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.zip.GZIPOutputStream;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a source of keys may send, byte by byte, from a real socket. */
class DownloadTest {

    private static final Duration TIMEOUT = Duration.ofSeconds(2);
    private static final String OK = "HTTP/1.1 200 OK\r\n";

    private interface Answer {
        void to(OutputStream out) throws Exception;
    }

    @Test
    void theBodyIsTheDocument() throws Exception {
        assertEquals("{\"keys\":[]}", whole(out -> out.write(bytes(OK + "Content-Length: 11\r\n\r\n{\"keys\":[]}"))));
        assertEquals("schlüssel", whole(out -> out.write(bytes(OK + "\r\nschlüssel"))));
    }

    @Test
    void aCompressedBodyIsUnpacked() throws Exception {
        for (String encoding : List.of("gzip", "GZIP", "x-gzip")) {
            assertEquals("packed", whole(out -> {
                out.write(bytes(OK + "Content-Encoding: " + encoding + "\r\n\r\n"));
                try (GZIPOutputStream packing = new GZIPOutputStream(out)) {
                    packing.write(bytes("packed"));
                }
            }));
        }
    }

    @Test
    void aDocumentThatIsFarTooLongIsRefused() {
        IOException failure = assertThrows(IOException.class, () -> whole(out -> {
            out.write(bytes(OK + "\r\n"));
            for (int i = 0; i < 2_000; i++) {
                out.write(new byte[1024]);
            }
        }));
        assertEquals("the document is longer than 1 MiB", failure.getMessage());
    }

    @Test
    void theSourceIsToldWhoAsksAndThatTheConnectionIsNotKept() throws Exception {
        AtomicReference<String> request = new AtomicReference<>();
        whole(out -> out.write(bytes(OK + "Content-Length: 0\r\n\r\n")), request);
        assertTrue(request.get().startsWith("GET /keys HTTP/1.1\r\n"), request.get());
        assertTrue(request.get().contains("User-Agent: proxy-keys\r\n"), request.get());
        assertTrue(request.get().contains("Connection: close\r\n"), request.get());
    }

    @Test
    void anotherStatusThan200IsAFailureEvenIfItLeadsSomewhere() {
        IOException found = assertThrows(IOException.class,
                () -> whole(out -> out.write(bytes(
                        "HTTP/1.1 302 Found\r\nLocation: https://elsewhere.test/\r\nContent-Length: 0\r\n\r\n"))));
        assertEquals("HTTP status 302", found.getMessage());
        IOException broken = assertThrows(IOException.class,
                () -> whole(out -> out.write(bytes("HTTP/1.1 500 Oops\r\nContent-Length: 4\r\n\r\noops"))));
        assertEquals("HTTP status 500", broken.getMessage());
    }

    @Test
    void aBodyThatComesSlowlyEndsInTime() {
        assertEndsInTime(OK + "Content-Length: 100\r\n\r\n");
    }

    @Test
    void aCompressedBodyThatComesSlowlyEndsInTime() {
        // The head of a gzip file (RFC 1952, section 2.3), with a name that does not end.
        assertEndsInTime(OK + "Content-Encoding: gzip\r\n\r\n\u001f\u008b\b\b\0\0\0\0\0\u0003");
    }

    private static void assertEndsInTime(String begin) {
        long start = System.nanoTime();
        assertThrows(SocketTimeoutException.class, () -> whole(out -> {
            out.write(begin.getBytes(StandardCharsets.ISO_8859_1));
            trickle(out);
        }));
        assertTrue(System.nanoTime() - start < TIMEOUT.multipliedBy(2).toNanos());
    }

    @Test
    void whatWasGivenUpBeforeItWasConnectedIsNotWaitedFor() throws Exception {
        try (LoopbackServer server = new LoopbackServer(socket -> answer(socket, new AtomicReference<>(), DownloadTest::trickle))) {
            AtomicReference<Download> download = new AtomicReference<>();
            download.set(new Download(() -> {
                download.get().giveUp();
                return connection(server);
            }, TIMEOUT));
            assertThrows(SocketTimeoutException.class, () -> download.get().call());
        }
    }

    @Test
    void aHeadThatComesSlowlyEndsWhenNobodyWaitsForItAnyMore() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        try (LoopbackServer server = new LoopbackServer(socket -> answer(socket, new AtomicReference<>(), out -> {
            out.write(bytes("HTTP/1.1 200 OK\r\nX-"));
            out.flush();
            begun.countDown();
            trickle(out);
        }))) {
            Download download = new Download(() -> connection(server), TIMEOUT);
            CompletableFuture<String> document = CompletableFuture.supplyAsync(() -> {
                try {
                    return download.call();
                } catch (Exception e) {
                    throw new CompletionException(e);
                }
            });
            assertTrue(begun.await(10, SECONDS));
            download.giveUp();
            assertThrows(ExecutionException.class, () -> document.get(1, SECONDS));
        }
    }

    @Test
    void anyAddressThatAnswersWillDo(@TempDir Path folder) throws Exception {
        TestCertificate certificate = new TestCertificate("localhost", folder);
        KeyServer keys = new KeyServer("{\"keys\":[]}", certificate.tls());
        int port = URI.create(keys.location()).getPort();
        InetAddress refusing = InetAddress.getByName("127.0.0.3");
        InetAddress silent = InetAddress.getByName("127.0.0.2");
        // Its queue is full: what arrives is dropped.
        List<Socket> queue = new ArrayList<>();
        try (ServerSocket full = new ServerSocket(port, 1, silent)) {
            fill(full, queue);
            InetAddress[] addresses = { silent, refusing, InetAddress.getLoopbackAddress() };

            assertEquals("{\"keys\":[]}", new Download(() -> https(keys, certificate), host -> addresses, TIMEOUT).call());
        } finally {
            for (Socket waiting : queue) {
                waiting.close();
            }
        }
    }

    @Test
    void theCertificateIsForTheNameWhateverTheAddress(@TempDir Path folder) {
        TestCertificate certificate = new TestCertificate("other.test", folder);
        KeyServer keys = new KeyServer("{\"keys\":[]}", certificate.tls());
        InetAddress[] addresses = { InetAddress.getLoopbackAddress() };

        assertThrows(SSLHandshakeException.class, () -> new Download(() -> https(keys, certificate), host -> addresses, TIMEOUT).call());
    }

    @Test
    void ifNoAddressTakesAConnectionItFails(@TempDir Path folder) throws Exception {
        TestCertificate certificate = new TestCertificate("localhost", folder);
        KeyServer keys = new KeyServer("{\"keys\":[]}", certificate.tls());
        InetAddress[] addresses = { InetAddress.getByName("127.0.0.3"), InetAddress.getByName("127.0.0.4") };

        assertThrows(ConnectException.class, () -> new Download(() -> https(keys, certificate), host -> addresses, TIMEOUT).call());
    }

    private static HttpURLConnection https(KeyServer keys, TestCertificate trusted) throws Exception {
        KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        try (InputStream pem = Files.newInputStream(trusted.pem())) {
            store.setCertificateEntry("trusted", CertificateFactory.getInstance("X.509").generateCertificate(pem));
        }
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(store);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        HttpsURLConnection connection = (HttpsURLConnection) URI.create(keys.location()).toURL().openConnection(Proxy.NO_PROXY);
        connection.setSSLSocketFactory(context.getSocketFactory());
        return connection;
    }

    private static void fill(ServerSocket server, List<Socket> queue) {
        assertThrows(SocketTimeoutException.class, () -> {
            while (queue.size() < 100) {
                Socket client = new Socket();
                queue.add(client);
                client.connect(server.getLocalSocketAddress(), 300);
            }
        });
    }

    private static String whole(Answer answer) throws Exception {
        return whole(answer, new AtomicReference<>());
    }

    private static String whole(Answer answer, AtomicReference<String> request) throws Exception {
        try (LoopbackServer server = new LoopbackServer(socket -> answer(socket, request, answer))) {
            Callable<String> download = new Download(() -> connection(server), TIMEOUT);
            return download.call();
        }
    }

    private static HttpURLConnection connection(LoopbackServer server) throws IOException {
        return (HttpURLConnection) URI.create("http://localhost:" + server.port() + "/keys").toURL().openConnection(Proxy.NO_PROXY);
    }

    private static void answer(Socket socket, AtomicReference<String> request, Answer answer) throws IOException {
        try (socket) {
            request.set(head(socket.getInputStream()));
            answer.to(socket.getOutputStream());
        } catch (IOException e) {
            throw e;
        } catch (Exception e) {
            throw new IOException(e);
        }
    }

    private static String head(InputStream in) throws IOException {
        StringBuilder head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            head.append((char) in.read());
        }
        return head.toString();
    }

    /** Never silent for long, and never at an end. */
    private static void trickle(OutputStream out) throws Exception {
        for (int i = 0; i < 60; i++) {
            out.write('x');
            out.flush();
            Thread.sleep(100);
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
