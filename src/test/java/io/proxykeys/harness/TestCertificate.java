package io.proxykeys.harness;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import javax.net.ssl.SSLContext;

/** A certificate for one host name, self-signed, with its key. */
public final class TestCertificate {

    private final SSLContext tls;
    private final Path pem;

    /** @param host whom the certificate is for */
    public TestCertificate(String host, Path folder) {
        try {
            Path file = folder.resolve(host + ".p12");
            Files.deleteIfExists(file);
            KeyStoreFile store = new KeyStoreFile(file);
            store.generate("server", "CN=" + host, "san=dns:" + host);
            pem = Files.writeString(folder.resolve(host + ".pem"), store.certificate("server"));
            tls = store.tls();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /** For a server that shows it. */
    public SSLContext tls() {
        return tls;
    }

    /** A file with the certificate, to be trusted. */
    public Path pem() {
        return pem;
    }
}
