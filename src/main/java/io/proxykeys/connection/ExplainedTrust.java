package io.proxykeys.connection;

import io.proxykeys.log.RootCause;
import io.vertx.core.Vertx;
import io.vertx.core.net.TrustOptions;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.function.Function;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jboss.logging.Logger;

/**
 * Whom to trust, as it was given, and a line in the log that says why a certificate is refused: of a handshake that fails, the client often
 * says only that.
 */
record ExplainedTrust(TrustOptions given) implements TrustOptions {

    private static final Logger LOG = Logger.getLogger(ExplainedTrust.class);

    @Override
    public TrustOptions copy() {
        return new ExplainedTrust(given.copy());
    }

    @Override
    public TrustManagerFactory getTrustManagerFactory(Vertx vertx) throws Exception {
        TrustManager[] managers = given.getTrustManagerFactory(vertx).getTrustManagers();
        return Arrays.stream(managers).filter(X509ExtendedTrustManager.class::isInstance).findFirst()
                .map(manager -> TrustOptions.wrap(explained((X509ExtendedTrustManager) manager)))
                .orElse(given).getTrustManagerFactory(vertx);
    }

    @Override
    public Function<String, TrustManager[]> trustManagerMapper(Vertx vertx) throws Exception {
        return given.trustManagerMapper(vertx);
    }

    private static TrustManager explained(X509ExtendedTrustManager trust) {
        return new ServerTrust() {
            @Override
            void check(X509Certificate[] chain, Check check) throws CertificateException {
                try {
                    check.by(trust);
                } catch (CertificateException refused) {
                    LOG.errorf("The certificate of the database is refused: %s", RootCause.message(refused));
                    throw refused;
                }
            }
        };
    }
}
