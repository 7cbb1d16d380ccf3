package io.proxykeys.signingkeys;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.proxykeys.config.Settings;
import io.proxykeys.config.TokenSettings;
import io.proxykeys.harness.Issuer;
import io.proxykeys.harness.LogLines;
import io.proxykeys.harness.LoopbackServer;
import io.quarkus.tls.TlsConfigurationRegistry;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import java.io.OutputStream;
import java.lang.reflect.Proxy;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import javax.net.ssl.SSLHandshakeException;
import org.jose4j.jwk.PublicJsonWebKey;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the log says of a source of keys that is of no use: the cause, and what to change. */
class KeySourceLogTest {

    private final Vertx vertx = Vertx.vertx();

    @AfterEach
    void close() {
        vertx.close();
    }

    @Test
    void ofASourceThatNeverAnswersThatItCannotBeReached() throws Exception {
        try (LoopbackServer silent = new LoopbackServer(client -> client.getInputStream().transferTo(
                OutputStream.nullOutputStream()))) {
            SigningKeyDocuments documents = new SigningKeyDocuments(vertx, without(TlsConfigurationRegistry.class));
            KeyLocation location = KeyLocation.parse("http://127.0.0.1:" + silent.port() + "/keys");

            assertSays(log(() -> documents.fetch(location, Duration.ofMillis(300))), "ERROR", "NAT gateway", "security groups");
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '\0', value = {
            "{\"keys\":[]} | is empty | MP_JWT_VERIFY_PUBLICKEY_LOCATION",
            "{\"issuer\":\"https://issuer\",\"jwks_uri\":\"https://issuer/jwks\"} | discovery document | jwks_uri",
            "<!DOCTYPE html><title>Sign in</title> | page | jwks_uri" })
    void ofADocumentThatHoldsNoKeysWhatItIs(String document, String what, String change) {
        assertSays(log(() -> Uni.createFrom().item(document)), "ERROR", what, change);
    }

    @Test
    void ofAnEncodingThatWasNotAskedForWhichAre() throws Exception {
        try (LoopbackServer server = new LoopbackServer(client -> {
            client.getInputStream().read();
            client.getOutputStream().write("HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 2\r\n\r\n??".getBytes(
                    StandardCharsets.US_ASCII));
            client.shutdownOutput();
            client.getInputStream().readAllBytes();
        })) {
            Download download = new Download(() -> (HttpURLConnection) URI.create("http://127.0.0.1:" + server.port()).toURL()
                    .openConnection(), Duration.ofSeconds(2));

            assertSays(log(() -> Uni.createFrom().item(() -> call(download))), "ERROR", "Content-Encoding", "gzip");
        }
    }

    /** As the JDK reports what the server says; where the server is faster, the connection is only broken. */
    @ParameterizedTest
    @ValueSource(strings = { "bad_certificate", "certificate_required" })
    void ofASourceThatAsksForAClientCertificateThatItDoes(String alert) {
        SSLHandshakeException refused = new SSLHandshakeException("Received fatal alert: " + alert);

        assertSays(log(() -> Uni.createFrom().failure(refused)), "ERROR", alert, "client certificate", "have it served without");
    }

    @Test
    void ofAKeyThatIsLeftOutWhyAndOnlyOnce() {
        List<PublicJsonWebKey> published = new ArrayList<>(Issuer.notForTokens());
        published.add(Issuer.rsaKey("d"));
        String document = Issuer.jwks(published);

        try (LogLines log = new LogLines(VerificationKeys.class.getName())) {
            VerificationKeys keys = keys(() -> Uni.createFrom().item(document));
            keys.prime().await().indefinitely();
            keys.prime().await().indefinitely();

            assertEquals(1, log.lines().size(), log.lines().toString());
            assertSays(log.lines(), "INFO", "RSA use enc", "RSA key_ops without verify", "RSA alg PS512", "RS256");
        }
    }

    private static List<String> log(SigningKeySource source) {
        try (LogLines kept = new LogLines(SigningKeyCache.class.getPackageName())) {
            keys(source).prime().await().indefinitely();
            return kept.lines();
        }
    }

    private static VerificationKeys keys(SigningKeySource source) {
        return new VerificationKeys(source, without(Settings.class), without(TokenSettings.class));
    }

    private static void assertSays(List<String> lines, String level, String... parts) {
        assertEquals(1, lines.size(), lines.toString());
        assertTrue(lines.get(0).startsWith(level), lines.toString());
        for (String part : parts) {
            assertTrue(lines.get(0).contains(part), lines.toString());
        }
    }

    private static String call(Download download) {
        try {
            return download.call();
        } catch (Exception e) {
            throw new CompletionException(e);
        }
    }

    /** Settings of which none is set. */
    private static <T> T without(Class<T> settings) {
        return settings.cast(Proxy.newProxyInstance(settings.getClassLoader(), new Class<?>[] { settings },
                (proxy, method, arguments) -> method.getReturnType() == Optional.class ? Optional.empty()
                        : method.getReturnType() == Duration.class ? Duration.ofMinutes(1) : null));
    }
}
