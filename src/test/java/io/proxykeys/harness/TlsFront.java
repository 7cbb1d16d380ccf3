package io.proxykeys.harness;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
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

    private final LoopbackServer listener;
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
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
        listener = new LoopbackServer(this::serve);
    }

    public int port() {
        return listener.port();
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

    private void serve(Socket plain) throws IOException {
        try (Socket server = new Socket(InetAddress.getLoopbackAddress(), serverPort)) {
            new DataInputStream(plain.getInputStream()).readNBytes(8);
            plain.getOutputStream().write('S');
            try (SSLSocket client = (SSLSocket) tls.getSocketFactory().createSocket(plain, null, plain.getPort(), true)) {
                client.setUseClientMode(false);
                client.startHandshake();
                LoopbackServer.connect(client, server);
            }
        }
    }
}
