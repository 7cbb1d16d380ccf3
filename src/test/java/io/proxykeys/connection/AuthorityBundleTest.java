package io.proxykeys.connection;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.proxykeys.harness.KeyStoreFile;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.PemTrustOptions;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.stream.Stream;
import javax.net.ssl.X509TrustManager;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whom a bundle of certificate authorities trusts, with certificates that {@code keytool} has made and signed. */
class AuthorityBundleTest {

    @TempDir
    static Path folder;

    private static String signer;
    private static String stranger;
    private static String namesake;
    private static String server;
    private static String intermediate;
    private static String behindIntermediate;
    private static String signerInOtherLetters;

    @BeforeAll
    static void makeCertificates() throws IOException {
        KeyStoreFile store = new KeyStoreFile(folder.resolve("store.p12"));
        store.generate("signer", "CN=signer", "bc:c");
        store.generate("stranger", "CN=stranger", "bc:c");
        store.generate("namesake", "CN=signer", "bc:c");
        store.generate("intermediate", "CN=intermediate");
        store.generate("server", "CN=localhost");
        signer = store.certificate("signer");
        stranger = store.certificate("stranger");
        namesake = store.certificate("namesake");
        server = store.signed("server", "signer");
        intermediate = store.signed("intermediate", "signer", "bc:c");
        behindIntermediate = store.signed("server", "intermediate");
        store.rename("signer", "CN=SIGNER", "bc:c");
        signerInOtherLetters = store.certificate("signer");
    }

    @Test
    void aServerIsTrustedIfOneOfManyAuthoritiesSignedIt() {
        assertDoesNotThrow(() -> check(List.of(stranger, signer, namesake), server));
        assertDoesNotThrow(() -> check(List.of(signer), server));
    }

    @Test
    void aServerIsNotTrustedIfNoneOfThemSignedIt() {
        assertThrows(CertificateException.class, () -> check(List.of(stranger), server));
    }

    @Test
    void theNameOfAnAuthorityIsNotEnough() {
        assertThrows(CertificateException.class, () -> check(List.of(namesake), server));
        assertThrows(CertificateException.class, () -> check(List.of(stranger, namesake), server));
    }

    @Test
    void anAuthorityBehindAnIntermediateOneIsFound() {
        assertDoesNotThrow(() -> check(List.of(stranger, signer), behindIntermediate, intermediate));
        assertThrows(CertificateException.class, () -> check(List.of(stranger, namesake), behindIntermediate, intermediate));
    }

    @Test
    void anAuthorityWhoseNameIsWrittenInOtherLettersIsFoundAmongAll() {
        assertDoesNotThrow(() -> check(List.of(stranger, signerInOtherLetters), server));
    }

    @Test
    void aServerThatSignedItselfIsTrustedIfItsCertificateIsInTheBundle() {
        assertDoesNotThrow(() -> check(List.of(signer, stranger), stranger));
    }

    @Test
    void anUnreadableCertificateDoesNotStandInTheWayOfAnother() {
        String broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        assertDoesNotThrow(() -> check(List.of(broken, signer), server));
        CertificateException unreadable = assertThrows(CertificateException.class, () -> check(List.of(broken), server));
        assertTrue(unreadable.getMessage().startsWith("the certificate authorities to trust cannot be read: "), unreadable.getMessage());
        assertNull(unreadable.getCause());
        CertificateException refused = assertThrows(CertificateException.class, () -> check(List.of(broken, namesake), server));
        assertTrue(refused.getMessage().startsWith("PKIX path validation failed"), refused.getMessage());
    }

    @Test
    void severalCertificatesInOneBlockAreRead() throws Exception {
        byte[] both = Stream.of(stranger, signer).map(pem -> Base64.getMimeDecoder().decode(pem.replaceAll("-----.*-----", "")))
                .collect(ByteArrayOutputStream::new, ByteArrayOutputStream::writeBytes, (one, other) -> {}).toByteArray();
        assertDoesNotThrow(() -> check(List.of("-----BEGIN CERTIFICATE-----\n" + Base64.getEncoder().encodeToString(both)
                + "\n-----END CERTIFICATE-----\n"), server));
    }

    @Test
    void whatStandsBetweenTheCertificatesIsIgnored() {
        assertDoesNotThrow(() -> check(List.of("# eu-central-1\r\n" + signer.replace("\n", "\r\n") + "# end", stranger), server));
    }

    @Test
    void aDamagedBundleIsRefusedAndItIsSaidWhatIsWrong() throws IOException {
        assertDamaged("no certificate", "there is no certificate in the given text");
        assertDamaged(signer + stranger.substring(0, 200), "the last certificate in the given text has no end");
        assertDamaged("-----BEGIN CERTIFICATE-----\nA\n-----END CERTIFICATE-----\n" + signer,
                "a certificate in the given text is not base64");
        Path empty = Files.writeString(folder.resolve("empty.pem"), "");
        PemTrustOptions files = new PemTrustOptions().addCertPath(Files.writeString(folder.resolve("signer.pem"), signer).toString())
                .addCertPath(empty.toString());
        IOException failure = assertThrows(IOException.class, () -> new AuthorityBundle(files).getTrustManagerFactory(null));
        assertEquals("there is no certificate in " + empty, failure.getMessage());
    }

    private static void assertDamaged(String bundle, String message) {
        PemTrustOptions options = new PemTrustOptions().addCertValue(Buffer.buffer(bundle));
        IOException failure = assertThrows(IOException.class, () -> new AuthorityBundle(options).getTrustManagerFactory(null));
        assertEquals(message, failure.getMessage());
    }

    @Test
    void noClientIsTrusted() throws Exception {
        X509TrustManager trust = trustIn(List.of(signer));
        assertThrows(CertificateException.class, () -> trust.checkClientTrusted(chain(server), "UNKNOWN"));
    }

    private static void check(List<String> bundle, String... chain) throws Exception {
        trustIn(bundle).checkServerTrusted(chain(chain), "UNKNOWN");
    }

    private static X509TrustManager trustIn(List<String> bundle) throws Exception {
        PemTrustOptions options = new PemTrustOptions().addCertValue(Buffer.buffer(String.join("", bundle)));
        return (X509TrustManager) new AuthorityBundle(options).getTrustManagerFactory(null).getTrustManagers()[0];
    }

    private static X509Certificate[] chain(String... pem) throws CertificateException {
        CertificateFactory parser = CertificateFactory.getInstance("X.509");
        List<X509Certificate> chain = new ArrayList<>();
        for (String certificate : pem) {
            chain.add((X509Certificate) parser.generateCertificate(new ByteArrayInputStream(certificate.getBytes(
                    StandardCharsets.US_ASCII))));
        }
        return chain.toArray(X509Certificate[]::new);
    }
}
