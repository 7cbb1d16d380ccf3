package io.proxykeys.database;

import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.PemTrustOptions;
import io.vertx.core.net.TrustOptions;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.function.Function;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * Certificate authorities in PEM (RFC 7468, section 5) of which only those are parsed that a server's certificates name as their issuer:
 * RDS' bundle of all regions has 108, and parsing them all takes a quarter of the start's processor time. The JDK decides whom to trust, as
 * always. With fewer authorities it can only trust less; if it does not trust the server with these, it is asked again with all of them.
 */
record AuthorityBundle(PemTrustOptions given) implements TrustOptions {

    /** Each character is a byte. */
    private static final Charset BYTES = StandardCharsets.ISO_8859_1;
    private static final String BEGIN = "-----BEGIN CERTIFICATE-----";
    private static final String END = "-----END CERTIFICATE-----";

    @Override
    public TrustOptions copy() {
        return new AuthorityBundle(given.copy());
    }

    /** @throws IOException if a file cannot be read, or there is no certificate at all */
    @Override
    public TrustManagerFactory getTrustManagerFactory(Vertx vertx) throws Exception {
        List<String> authorities = new ArrayList<>();
        for (String path : given.getCertPaths()) {
            add(authorities, Files.readString(Path.of(path), BYTES));
        }
        for (Buffer value : given.getCertValues()) {
            add(authorities, value.toString(BYTES));
        }
        if (authorities.isEmpty()) {
            throw new IOException("there is no certificate in " + given.getCertPaths());
        }
        return TrustOptions.wrap(new NamedByTheServer(authorities)).getTrustManagerFactory(vertx);
    }

    @Override
    public Function<String, TrustManager[]> trustManagerMapper(Vertx vertx) {
        return serverName -> null;
    }

    private static void add(List<String> authorities, String pem) {
        for (int begin = pem.indexOf(BEGIN), end; begin >= 0; begin = pem.indexOf(BEGIN, end)) {
            end = pem.indexOf(END, begin);
            if (end < 0) {
                return;
            }
            byte[] base64 = pem.substring(begin + BEGIN.length(), end).getBytes(BYTES);
            authorities.add(new String(Base64.getMimeDecoder().decode(base64), BYTES));
        }
    }

    private static final class NamedByTheServer extends ServerTrust {

        /** Each as DER (RFC 5280, section 4.1), not parsed. */
        private final List<String> authorities;

        private NamedByTheServer(List<String> authorities) {
            this.authorities = authorities;
        }

        /** An authority's name is made of the same bytes in its own certificate and in those that it has signed. */
        @Override
        void check(X509Certificate[] chain, Check check) throws CertificateException {
            List<String> issuers = Arrays.stream(chain).map(signed -> new String(signed.getIssuerX500Principal().getEncoded(), BYTES))
                    .toList();
            List<String> named = authorities.stream().filter(authority -> issuers.stream().anyMatch(authority::contains)).toList();
            if (!named.isEmpty() && named.size() < authorities.size()) {
                try {
                    check.by(trustIn(named));
                    return;
                } catch (CertificateException notByThese) {
                    // The others may be another key of the same authority, or spell its name otherwise.
                }
            }
            check.by(trustIn(authorities));
        }

        private static X509ExtendedTrustManager trustIn(List<String> authorities) throws CertificateException {
            try {
                KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
                store.load(null, null);
                CertificateFactory parser = CertificateFactory.getInstance("X.509");
                for (String authority : authorities) {
                    store.setCertificateEntry("authority-" + store.size(), parser.generateCertificate(new ByteArrayInputStream(authority
                            .getBytes(BYTES))));
                }
                TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
                factory.init(store);
                return (X509ExtendedTrustManager) factory.getTrustManagers()[0];
            } catch (GeneralSecurityException | IOException e) {
                throw new CertificateException("the certificate authorities to trust cannot be read: " + e.getMessage(), e);
            }
        }
    }
}
