package io.proxykeys.signingkeys;

import io.quarkus.tls.TlsConfiguration;
import io.quarkus.tls.TlsConfigurationRegistry;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import io.vertx.core.net.SSLOptions;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.net.HttpURLConnection;
import java.net.Proxy;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import javax.net.ssl.HttpsURLConnection;

/**
 * Fetches documents with public keys, on a worker thread: the TLS handshake then does not delay the login to the database, which needs the
 * event loop. Without redirects: the keys come from where the operator said and from nowhere else.
 */
@Singleton
public class SigningKeyDocuments {

    private final Vertx vertx;
    private final TlsConfigurationRegistry tls;

    @Inject
    SigningKeyDocuments(Vertx vertx, TlsConfigurationRegistry tls) {
        this.vertx = vertx;
        this.tls = tls;
    }

    /** The document as it is now; fails within this time if it cannot be fetched. */
    public Uni<String> fetch(KeyLocation location, Duration timeout) {
        Uni<String> document = location.isRemote() ? download(location, timeout) : onAWorker(location::read);
        return document.ifNoItem().after(timeout).failWith(() -> new SocketTimeoutException("no answer within " + timeout.toMillis()
                + " ms"));
    }

    private Uni<String> download(KeyLocation location, Duration timeout) {
        return Uni.createFrom().deferred(() -> {
            Download download = new Download(() -> connection(location), timeout);
            return onAWorker(download).onCancellation().invoke(download::giveUp);
        });
    }

    private Uni<String> onAWorker(Callable<String> reading) {
        return Uni.createFrom().completionStage(() -> vertx.executeBlocking(reading, false).toCompletionStage());
    }

    /** Not connected yet. */
    private HttpURLConnection connection(KeyLocation location) throws Exception {
        HttpURLConnection connection = (HttpURLConnection) location.url().openConnection(Proxy.NO_PROXY);
        Optional<TlsConfiguration> configuration = tls.getDefault();
        if (connection instanceof HttpsURLConnection https && configuration.isPresent()) {
            requireNoRevocationList(configuration.get().getSSLOptions());
            // A private certificate authority: QUARKUS_TLS_TRUST_STORE_PEM_CERTS.
            https.setSSLSocketFactory(configuration.get().createSSLContext().getSocketFactory());
        }
        return connection;
    }

    /** It would be ignored here, and a revoked certificate trusted. */
    private static void requireNoRevocationList(SSLOptions options) {
        if (!options.getCrlPaths().isEmpty() || !options.getCrlValues().isEmpty()) {
            throw new IllegalStateException("QUARKUS_TLS_CERTIFICATE_REVOCATION_LIST cannot be used for it");
        }
    }
}
