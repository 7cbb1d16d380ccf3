package io.proxykeys.harness;

import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Path;
import javax.net.ssl.SSLSocket;

/**
 * PostgreSQL with TLS: answers the client's request for it (PostgreSQL manual, "SSL Session Encryption"), and passes what it
 * decrypts to the server. Has a certificate of its own for one host name.
 */
public final class TlsFront implements AutoCloseable {

    private final LoopbackServer listener;
    private final int serverPort;
    private final TestCertificate certificate;

    /** @param host whom the certificate is for */
    public TlsFront(int serverPort, String host, Path folder) {
        this.serverPort = serverPort;
        this.certificate = new TestCertificate(host, folder);
        listener = new LoopbackServer(this::serve);
    }

    public int port() {
        return listener.port();
    }

    /** A file with the certificate, to be trusted. */
    public Path certificate() {
        return certificate.pem();
    }

    @Override
    public void close() throws IOException {
        listener.close();
    }

    private void serve(Socket plain) throws IOException {
        try (Socket server = new Socket(InetAddress.getLoopbackAddress(), serverPort)) {
            new DataInputStream(plain.getInputStream()).readNBytes(8);
            plain.getOutputStream().write('S');
            try (SSLSocket client = (SSLSocket) certificate.tls().getSocketFactory().createSocket(plain, null, plain.getPort(), true)) {
                client.setUseClientMode(false);
                client.startHandshake();
                LoopbackServer.connect(client, server);
            }
        }
    }
}
