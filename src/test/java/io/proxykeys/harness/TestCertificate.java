package io.proxykeys.harness;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Base64;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/** A certificate for one host name, signed by itself, with its key. */
public final class TestCertificate {

    private static final String PASSWORD = "only-for-tests";

    private final SSLContext tls;
    private final Path pem;

    /** @param host whom the certificate is for */
    public TestCertificate(String host, Path folder) {
        try {
            Path store = folder.resolve(host + ".p12");
            Files.deleteIfExists(store);
            make(host, store);
            KeyStore keys = KeyStore.getInstance(store.toFile(), PASSWORD.toCharArray());
            pem = Files.writeString(folder.resolve(host + ".pem"), "-----BEGIN CERTIFICATE-----\n"
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
    }

    /** For a server that shows it. */
    SSLContext tls() {
        return tls;
    }

    /** A file with the certificate, to be trusted. */
    public Path pem() {
        return pem;
    }

    private static void make(String host, Path store) throws IOException {
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
}
