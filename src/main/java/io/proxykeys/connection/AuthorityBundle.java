package io.proxykeys.connection;

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
import java.security.cert.Certificate;
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
 * Certificate authorities in PEM (RFC 7468, section 5). The certificates of a server name who issued them, and only those authorities are
 * parsed first: to parse all 108 of RDS' bundle of all regions took a quarter of the start's processor time. The JDK decides whether to
 * trust the server; if it does not with these, it is asked again with all. Whoever is trusted has been signed by an authority of the
 * bundle.
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

    /** @throws IOException if a file cannot be read, or has no certificate or half of one */
    @Override
    public TrustManagerFactory getTrustManagerFactory(Vertx vertx) throws Exception {
        List<String> authorities = new ArrayList<>();
        for (String path : given.getCertPaths()) {
            authorities.addAll(certificates(path, Files.readString(Path.of(path), BYTES)));
        }
        for (Buffer value : given.getCertValues()) {
            authorities.addAll(certificates("the given text", value.toString(BYTES)));
        }
        return TrustOptions.wrap(new NamedByTheServer(authorities)).getTrustManagerFactory(vertx);
    }

    @Override
    public Function<String, TrustManager[]> trustManagerMapper(Vertx vertx) {
        return serverName -> null;
    }

    private static List<String> certificates(String source, String pem) throws IOException {
        List<String> certificates = new ArrayList<>();
        for (int begin = pem.indexOf(BEGIN), end; begin >= 0; begin = pem.indexOf(BEGIN, end)) {
            end = pem.indexOf(END, begin);
            if (end < 0) {
                throw new IOException("the last certificate in " + source + " has no end");
            }
            byte[] base64 = pem.substring(begin + BEGIN.length(), end).getBytes(BYTES);
            try {
                certificates.add(new String(Base64.getMimeDecoder().decode(base64), BYTES));
            } catch (IllegalArgumentException e) {
                throw new IOException("a certificate in " + source + " is not base64", e);
            }
        }
        if (certificates.isEmpty()) {
            throw new IOException("there is no certificate in " + source);
        }
        return certificates;
    }

    private static final class NamedByTheServer extends ServerTrust {

        /** Each as DER (RFC 5280, section 4.1), not parsed. */
        private final List<String> authorities;

        private NamedByTheServer(List<String> authorities) {
            this.authorities = authorities;
        }

        /** An authority's name is normally made of the same bytes in its own certificate and in those that it has signed. */
        @Override
        void check(X509Certificate[] chain, Check check) throws CertificateException {
            List<String> issuers = Arrays.stream(chain).map(signed -> new String(signed.getIssuerX500Principal().getEncoded(), BYTES))
                    .toList();
            List<String> named = authorities.stream().filter(authority -> issuers.stream().anyMatch(authority::contains)).toList();
            if (named.isEmpty()) {
                check.by(trustIn(authorities));
                return;
            }
            try {
                check.by(trustIn(named));
            } catch (CertificateException refused) {
                // The others may be another key of the same authority, or write its name in another way.
                check.by(trustInAll(refused));
            }
        }

        /** Fails with the earlier refusal if the others cannot be read: that one says more about the server. */
        private X509ExtendedTrustManager trustInAll(CertificateException refused) throws CertificateException {
            try {
                return trustIn(authorities);
            } catch (CertificateException unreadable) {
                refused.addSuppressed(unreadable);
                throw refused;
            }
        }

        private static X509ExtendedTrustManager trustIn(List<String> authorities) throws CertificateException {
            try {
                KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
                store.load(null, null);
                CertificateFactory parser = CertificateFactory.getInstance("X.509");
                for (String authority : authorities) {
                    for (Certificate certificate : parser.generateCertificates(new ByteArrayInputStream(authority.getBytes(BYTES)))) {
                        store.setCertificateEntry("authority-" + store.size(), certificate);
                    }
                }
                TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
                factory.init(store);
                return (X509ExtendedTrustManager) factory.getTrustManagers()[0];
            } catch (GeneralSecurityException | IOException e) {
                // Without a cause, which the log would name instead.
                throw new CertificateException("the certificate authorities to trust cannot be read: " + e.getMessage());
            }
        }
    }
}
