package io.proxykeys.database;

import io.proxykeys.log.RootCause;
import io.vertx.core.Vertx;
import io.vertx.core.net.TrustOptions;
import java.net.Socket;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.function.Function;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jboss.logging.Logger;

/**
 * Whom to trust, as it was given, and a line in the log that says why a certificate is refused: of a handshake that fails, the client often
 * says only that.
 */
record ExplainedTrust(TrustOptions given) implements TrustOptions {

    @Override
    public TrustOptions copy() {
        return new ExplainedTrust(given.copy());
    }

    @Override
    public TrustManagerFactory getTrustManagerFactory(Vertx vertx) throws Exception {
        TrustManager[] managers = given.getTrustManagerFactory(vertx).getTrustManagers();
        return Arrays.stream(managers).filter(X509ExtendedTrustManager.class::isInstance).findFirst()
                .map(manager -> TrustOptions.wrap(new Explained((X509ExtendedTrustManager) manager)))
                .orElse(given).getTrustManagerFactory(vertx);
    }

    @Override
    public Function<String, TrustManager[]> trustManagerMapper(Vertx vertx) throws Exception {
        return given.trustManagerMapper(vertx);
    }

    /** Checks a server as another one does. */
    private static final class Explained extends X509ExtendedTrustManager {

        private static final Logger LOG = Logger.getLogger(ExplainedTrust.class);

        private final X509ExtendedTrustManager trust;

        private Explained(X509ExtendedTrustManager trust) {
            this.trust = trust;
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine) throws CertificateException {
            explain(() -> trust.checkServerTrusted(chain, authType, engine));
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket) throws CertificateException {
            explain(() -> trust.checkServerTrusted(chain, authType, socket));
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType) throws CertificateException {
            explain(() -> trust.checkServerTrusted(chain, authType));
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine) throws CertificateException {
            trust.checkClientTrusted(chain, authType, engine);
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket) throws CertificateException {
            trust.checkClientTrusted(chain, authType, socket);
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType) throws CertificateException {
            trust.checkClientTrusted(chain, authType);
        }

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return trust.getAcceptedIssuers();
        }

        private static void explain(Check check) throws CertificateException {
            try {
                check.run();
            } catch (CertificateException refused) {
                LOG.errorf("The certificate of the database is refused: %s", RootCause.message(refused));
                throw refused;
            }
        }

        private interface Check {
            void run() throws CertificateException;
        }
    }
}
