package io.proxykeys.harness;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Base64;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;

/**
 * PostgreSQL with TLS: answers the client's request for it (PostgreSQL manual, "SSL Session Encryption"), and passes what it
 * decrypts to the server. Has a certificate of its own for one host name.
 */
public final class TlsFront implements AutoCloseable {

    private static final String PASSWORD = "only-for-tests";

    private final ServerSocket listener;
    private final int serverPort;
    private final SSLContext tls;
    private final Path certificate;

    /** @param host whom the certificate is for */
    public TlsFront(int serverPort, String host, Path folder) {
        this.serverPort = serverPort;
        try {
            Path store = folder.resolve(host + ".p12");
            makeCertificate(host, store);
            KeyStore keys = KeyStore.getInstance(store.toFile(), PASSWORD.toCharArray());
            certificate = Files.writeString(folder.resolve(host + ".pem"), "-----BEGIN CERTIFICATE-----\n"
                    + Base64.getMimeEncoder(64, new byte[] { '\n' }).encodeToString(keys.getCertificate("server").getEncoded())
                    + "\n-----END CERTIFICATE-----\n");
            KeyManagerFactory managers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            managers.init(keys, PASSWORD.toCharArray());
            tls = SSLContext.getInstance("TLS");
            tls.init(managers.getKeyManagers(), null, null);
            listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
        start(this::accept);
    }

    public int port() {
        return listener.getLocalPort();
    }

    /** A file with the certificate, to be trusted. */
    public Path certificate() {
        return certificate;
    }

    @Override
    public void close() throws IOException {
        listener.close();
    }

    private static void makeCertificate(String host, Path store) throws IOException {
        Process keytool = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair", "-alias", "server", "-keyalg", "EC", "-groupname", "secp256r1", "-dname", "CN=" + host,
                "-ext", "san=dns:" + host, "-validity", "2", "-storetype", "PKCS12", "-keystore", store.toString(),
                "-storepass", PASSWORD).inheritIO().start();
        try {
            if (keytool.waitFor() != 0) {
                throw new IOException("keytool failed");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
    }

    private void accept() {
        while (true) {
            try {
                Socket client = listener.accept();
                start(() -> serve(client));
            } catch (IOException e) {
                return;
            }
        }
    }

    private void serve(Socket plain) {
        try (plain; Socket server = new Socket(InetAddress.getLoopbackAddress(), serverPort)) {
            new DataInputStream(plain.getInputStream()).readNBytes(8);
            plain.getOutputStream().write('S');
            try (SSLSocket client = (SSLSocket) tls.getSocketFactory().createSocket(plain, null, plain.getPort(), true)) {
                client.setUseClientMode(false);
                client.startHandshake();
                start(() -> copy(server, client));
                copy(client, server);
            }
        } catch (IOException e) {
            // The client does not trust us, or went away.
        }
    }

    private static void copy(Socket from, Socket to) {
        try (to) {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            in.transferTo(out);
        } catch (IOException e) {
            // closed by one side
        }
    }

    private static void start(Runnable work) {
        Thread thread = new Thread(work, "tls front");
        thread.setDaemon(true);
        thread.start();
    }
}
