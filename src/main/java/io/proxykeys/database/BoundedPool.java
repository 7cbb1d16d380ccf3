package io.proxykeys.database;

import io.quarkus.reactive.pg.client.PgPoolCreator;
import io.vertx.core.net.PemTrustOptions;
import io.vertx.pgclient.PgBuilder;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.SqlConnectOptions;
import io.vertx.sqlclient.SqlConnection;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.util.ArrayList;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/**
 * The connection pool with the time-outs that have no setting of their own, so that a database that does not answer is a
 * 503 long before the gateway gives up after 30 seconds.
 */
@Singleton
class BoundedPool implements PgPoolCreator {

    private static final int CONNECT_MILLIS = 3_000;
    private static final int ACQUIRE_SECONDS = 5;
    /** Above the statement time-out: a connection that says nothing for longer is dead, even if nobody told us. */
    private static final int SILENCE_SECONDS = 18;

    private final Optional<String> url;
    private volatile RenewingPool pool;

    @Inject
    BoundedPool(@ConfigProperty(name = "quarkus.datasource.reactive.url") Optional<String> url) {
        this.url = url;
    }

    /** Drops every connection, and whatever is still running on one: for a call that nobody waits for any longer. From any thread. */
    void renew() {
        pool.renew();
    }

    @Override
    public Pool create(Input input) {
        url.flatMap(RootCertificate::of).ifPresent(root -> input.pgConnectOptionsList().forEach(options -> options
                .setPemTrustOptions(new PemTrustOptions().addCertPath(root.file().toString()))));
        input.pgConnectOptionsList().forEach(options -> options
                .setConnectTimeout(CONNECT_MILLIS)
                .setIdleTimeout(SILENCE_SECONDS)
                .setIdleTimeoutUnit(TimeUnit.SECONDS));
        input.poolOptions().setConnectionTimeout(ACQUIRE_SECONDS).setConnectionTimeoutUnit(TimeUnit.SECONDS);
        pool = new RenewingPool(() -> PgBuilder.pool()
                .with(input.poolOptions())
                .connectingTo(new ArrayList<SqlConnectOptions>(input.pgConnectOptionsList()))
                .using(input.vertx())
                .build());
        // The rest of the start goes on meanwhile. If it fails, the first one to need a connection finds out.
        pool.getConnection().onSuccess(SqlConnection::close);
        return pool;
    }
}
