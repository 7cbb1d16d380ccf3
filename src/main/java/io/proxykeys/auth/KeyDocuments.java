package io.proxykeys.auth;

import io.quarkus.tls.TlsConfigurationRegistry;
import io.quarkus.tls.runtime.config.TlsConfigUtils;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/**
 * Fetches documents with public keys. Without redirects: the keys come from where the operator said and from nowhere else.
 */
@Singleton
public class KeyDocuments {

    private final Vertx vertx;
    private final TlsConfigurationRegistry tls;
    private HttpClient client;

    @Inject
    KeyDocuments(Vertx vertx, TlsConfigurationRegistry tls) {
        this.vertx = vertx;
        this.tls = tls;
    }

    /** The document as it is now; fails within this time if it cannot be fetched. */
    public Uni<String> fetch(KeyLocation location, Duration timeout) {
        Uni<String> document = location.isRemote()
                ? Uni.createFrom().completionStage(() -> download(location, timeout).toCompletionStage())
                : Uni.createFrom().completionStage(() -> vertx.executeBlocking(location::read).toCompletionStage());
        return document.ifNoItem().after(timeout).fail();
    }

    private Future<String> download(KeyLocation location, Duration timeout) {
        if (client == null) {
            client = vertx.createHttpClient(options());
        }
        RequestOptions request = new RequestOptions()
                .setMethod(HttpMethod.GET)
                .setAbsoluteURI(location.toString())
                .setTimeout(timeout.toMillis())
                .setFollowRedirects(false)
                .putHeader("Accept", "application/jwk-set+json, application/json, */*")
                // Some providers and their firewalls refuse a request that does not say who asks.
                .putHeader("User-Agent", "proxy-keys");
        return client.request(request).compose(sent -> sent.send()).compose(KeyDocuments::body);
    }

    private static Future<String> body(HttpClientResponse response) {
        if (response.statusCode() != 200) {
            return Future.failedFuture(new IllegalStateException("HTTP status " + response.statusCode()));
        }
        return response.body().map((Buffer body) -> body.toString(StandardCharsets.UTF_8));
    }

    private HttpClientOptions options() {
        HttpClientOptions options = new HttpClientOptions()
                .setDecompressionSupported(true)
                // Minutes pass between two fetches, in which Lambda freezes the process: a connection that is kept is lost.
                .setKeepAlive(false);
        // A private certificate authority: QUARKUS_TLS_TRUST_STORE_PEM_CERTS.
        tls.getDefault().ifPresent(configuration -> TlsConfigUtils.configure(options, configuration));
        return options;
    }
}
