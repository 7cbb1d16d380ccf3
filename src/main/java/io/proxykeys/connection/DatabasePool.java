package io.proxykeys.connection;

import io.proxykeys.config.Settings;
import io.quarkus.reactive.pg.client.PgPoolCreator;
import io.quarkus.runtime.configuration.ConfigurationException;
import io.vertx.core.Future;
import io.vertx.core.net.PemTrustOptions;
import io.vertx.pgclient.PgBuilder;
import io.vertx.pgclient.PgConnectOptions;
import io.vertx.pgclient.SslMode;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.SqlConnectOptions;
import io.vertx.sqlclient.SqlConnection;
import jakarta.enterprise.event.Event;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/**
 * The connection pool: how it is made, and what is done when a connection is given up. It has the timeouts that have no setting of
 * their own, so that a database that does not answer is a 503 long before the gateway gives up after 30 seconds; asks for nothing
 * but what every server and pooler lets through; and has a new token for each connection where there is no password. (Quarkus asks
 * its own provider of credentials only once if there is a {@code PgPoolCreator}.)
 */
@Singleton
public class DatabasePool implements PgPoolCreator {

    private static final int CONNECT_MILLIS = 3_000;
    private static final int ACQUIRE_SECONDS = 5;

    /**
     * A default of the client that an untouched PgBouncer refuses. Since version 12 the server's own default writes every digit that
     * counts, and no column here is a float.
     */
    private static final String REFUSED_BY_POOLERS = "extra_float_digits";

    private final Optional<String> url;
    private final Authentication authentication;
    private final Event<Connecting> connecting;
    private volatile RenewingPool pool;

    @Inject
    DatabasePool(@ConfigProperty(name = "quarkus.datasource.reactive.url") Optional<String> url, Settings settings,
            Event<Connecting> connecting) {
        this.url = url;
        this.connecting = connecting;
        this.authentication = Authentication.of(settings.databaseAuthentication()).orElseThrow();
    }

    @Override
    public Pool create(Input input) {
        PgConnectOptions options = options(input.pgConnectOptionsList().get(0));
        Supplier<Future<SqlConnectOptions>> server = server(options);
        input.poolOptions().setConnectionTimeout(ACQUIRE_SECONDS).setConnectionTimeoutUnit(TimeUnit.SECONDS);
        pool = new RenewingPool(() -> PgBuilder.pool().with(input.poolOptions()).connectingTo(server).using(input.vertx()).build(),
                new OpenChannels(input.vertx(), options.getPort()));
        // The rest of the start goes on beside it. If it fails, the first one to need a connection finds out.
        pool.getConnection().onSuccess(SqlConnection::close);
        connecting.fire(new Connecting());
        return pool;
    }

    /** Gives up the connection; no statement runs on it. The server of the next one is looked up anew. */
    public void renew() {
        pool.renew();
    }

    /** Gives up the connection, and asks the server to cancel the statement that runs on it. */
    public void cancel() {
        pool.cancel();
    }

    private PgConnectOptions options(PgConnectOptions given) {
        url.flatMap(RootCertificate::of).ifPresent(root -> given
                .setPemTrustOptions(new PemTrustOptions().addCertPath(root.file().toString())));
        if (given.getTrustOptions() != null) {
            given.setTrustOptions(new ExplainedTrust(given.getTrustOptions(),
                    given.getTrustOptions() instanceof PemTrustOptions pem ? String.join(", ", pem.getCertPaths()) : "the trust store"));
        }
        Map<String, String> properties = new HashMap<>(given.getProperties());
        properties.remove(REFUSED_BY_POOLERS);
        given.setProperties(properties);
        given.setConnectTimeout(CONNECT_MILLIS);
        return given;
    }

    /** How to connect, asked for each connection. */
    private Supplier<Future<SqlConnectOptions>> server(PgConnectOptions options) {
        if (authentication == Authentication.PASSWORD) {
            return () -> Future.succeededFuture(options);
        }
        // A token is sent as it is, whoever the server is: so it has to be known who that is.
        if (options.getSslMode() != SslMode.VERIFY_FULL || options.isTrustAll()) {
            throw new ConfigurationException("proxy-keys: cannot start: PROXY_KEYS_DATABASE_AUTHENTICATION is iam, which is for"
                    + " sslmode=verify-full and a server whose certificate is verified");
        }
        return () -> Future.succeededFuture(new PgConnectOptions(options).setPassword(RdsToken.of(options.getHost(), options.getPort(),
                options.getUser(), AwsCredentials.of(System.getenv()), Instant.now())));
    }
}
