package io.proxykeys.connection;

import io.proxykeys.log.RootCause;
import io.vertx.core.Vertx;
import io.vertx.core.net.TrustOptions;
import java.util.Arrays;
import java.util.function.Function;
import javax.net.ssl.SSLException;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * Whom to trust, as it was given, and a line in the log that says why a certificate is refused: of a handshake that fails, the client often
 * says only that.
 *
 * @param source where the authorities are, for the failure to read them
 */
record ExplainedTrust(TrustOptions given, String source) implements TrustOptions {

    @Override
    public TrustOptions copy() {
        return new ExplainedTrust(given.copy(), source);
    }

    /** @throws SSLException if the authorities cannot be read: no connection is possible, and nothing is known of the server */
    @Override
    public TrustManagerFactory getTrustManagerFactory(Vertx vertx) throws Exception {
        TrustManagerFactory factory = read(vertx);
        return Arrays.stream(factory.getTrustManagers()).filter(X509ExtendedTrustManager.class::isInstance).findFirst()
                .map(trust -> TrustOptions.wrap(new ExplainedTrustManager((X509ExtendedTrustManager) trust))).orElse(given)
                .getTrustManagerFactory(vertx);
    }

    private TrustManagerFactory read(Vertx vertx) throws SSLException {
        try {
            return given.getTrustManagerFactory(vertx);
        } catch (Exception unreadable) {
            // Without a cause, which the log would name instead.
            throw new SSLException("The certificate authorities in " + source + " cannot be read: " + RootCause.message(unreadable));
        }
    }

    @Override
    public Function<String, TrustManager[]> trustManagerMapper(Vertx vertx) throws Exception {
        return given.trustManagerMapper(vertx);
    }
}
