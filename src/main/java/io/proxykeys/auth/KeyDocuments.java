package io.proxykeys.auth;

import io.quarkus.tls.TlsConfigurationRegistry;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.net.HttpURLConnection;
import java.net.Proxy;
import java.time.Duration;
import java.util.concurrent.Callable;
import javax.net.ssl.HttpsURLConnection;

/**
 * Fetches documents with public keys, on a thread of its own: what it takes to speak TLS then does not keep the event loop from the
 * database at the start. Without redirects: the keys come from where the operator said and from nowhere else.
 */
@Singleton
public class KeyDocuments {

    private final Vertx vertx;
    private final TlsConfigurationRegistry tls;

    @Inject
    KeyDocuments(Vertx vertx, TlsConfigurationRegistry tls) {
        this.vertx = vertx;
        this.tls = tls;
    }

    /** The document as it is now; fails within this time if it cannot be fetched. */
    public Uni<String> fetch(KeyLocation location, Duration timeout) {
        Uni<String> document = location.isRemote() ? download(location, timeout) : onAThreadOfItsOwn(location::read);
        return document.ifNoItem().after(timeout).fail();
    }

    private Uni<String> download(KeyLocation location, Duration timeout) {
        return Uni.createFrom().deferred(() -> {
            Download download = new Download(() -> connection(location), timeout);
            return onAThreadOfItsOwn(download).onCancellation().invoke(download::giveUp);
        });
    }

    private Uni<String> onAThreadOfItsOwn(Callable<String> reading) {
        return Uni.createFrom().completionStage(() -> vertx.executeBlocking(reading, false).toCompletionStage());
    }

    /** Not connected yet. */
    private HttpURLConnection connection(KeyLocation location) throws Exception {
        HttpURLConnection connection = (HttpURLConnection) location.url().openConnection(Proxy.NO_PROXY);
        // A private certificate authority: QUARKUS_TLS_TRUST_STORE_PEM_CERTS.
        if (connection instanceof HttpsURLConnection https && tls.getDefault().isPresent()) {
            https.setSSLSocketFactory(tls.getDefault().get().createSSLContext().getSocketFactory());
        }
        return connection;
    }
}
