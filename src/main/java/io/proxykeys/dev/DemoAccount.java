package io.proxykeys.dev;

import io.proxykeys.auth.Scope;
import io.proxykeys.config.TokenSettings;
import io.proxykeys.http.Route;
import io.quarkus.arc.profile.IfBuildProfile;
import io.quarkus.runtime.StartupEvent;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.SqlConnection;
import jakarta.annotation.Priority;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Duration;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/**
 * Development only: an account with a balance and one key of each kind, made through the same database functions as
 * everybody's, and what to type to see them go.
 */
@Singleton
@IfBuildProfile("dev")
class DemoAccount {

    private static final String ACCOUNT = "demo";

    /** 1,250 credits, 250 of them moved into keys, 75.5 of those spent: 1,000 + 174.5 come back. */
    private static final String LOAD = """
            DELETE FROM proxy_key WHERE account_id = 'demo';
            DELETE FROM revoked_key WHERE revocation_id IN (SELECT id FROM revocation WHERE account_id = 'demo');
            DELETE FROM revocation WHERE account_id = 'demo';
            DELETE FROM suspension WHERE account_id = 'demo';
            DELETE FROM credit_hold WHERE account_id = 'demo';
            DELETE FROM burnt_secret WHERE account_id = 'demo';
            INSERT INTO account (id, balance) VALUES ('demo', 1250)
                ON CONFLICT (id) DO UPDATE
                SET balance = 1250, new_keys_blocked_until = NULL;
            DELETE FROM rate_limit WHERE account_id = 'demo';
            SELECT create_proxy_key('demo', name, sha256(name::bytea), allocated, expires_at, models, '{}')
              FROM (VALUES ('partly used', 100, NULL::timestamptz, '{large,small}'::text[]),
                           ('unused', 50, NULL, '{}'),
                           ('expired', 40, now() - interval '1 day', '{}'),
                           ('disabled', 30, now() + interval '30 days', '{}'),
                           ('fully used', 30, NULL, '{}')) AS k (name, allocated, expires_at, models);
            SELECT spend_credits(sha256('partly used'), 45.5);
            SELECT spend_credits(sha256('fully used'), 30);
            UPDATE proxy_key SET is_active = false WHERE account_id = 'demo' AND name = 'disabled';
            """;

    private final Pool pool;
    private final int port;
    private final String database;
    private final String token;

    @Inject
    DemoAccount(Pool pool, DemoKeySource keys, TokenSettings tokens,
            @ConfigProperty(name = "quarkus.lambda.mock-event-server.dev-port", defaultValue = "8080") int port,
            @ConfigProperty(name = "quarkus.datasource.jdbc.url") String database) {
        this.pool = pool;
        this.port = port;
        this.database = database.replaceFirst("^jdbc:postgresql://([^?]*).*$", "postgresql://postgres:postgres@$1");
        this.token = keys.token(tokens.issuer().orElseThrow(), tokens.audiences().orElseThrow(), ACCOUNT,
                String.join(" ", Scope.READ, Scope.WRITE, Scope.CREATE, Scope.DELETE), Duration.ofHours(8));
    }

    void load(@Observes @Priority(10_000) StartupEvent start) {
        pool.withTransaction((SqlConnection connection) -> connection.query(LOAD).execute())
                .await().atMost(Duration.ofSeconds(30));
        System.out.println(instructions());
    }

    /** An access token of the demo account with every scope; valid for eight hours. */
    String token() {
        return token;
    }

    private String instructions() {
        String url = "http://localhost:" + port;
        return """

                ------------------------------------------------------------------------------------------------
                The demo account has 5 proxy keys: partly used, unused, expired, disabled, fully used. They hold
                250 credits, of which 75.5 are spent; 1,000 are in the balance.

                In a browser:     %1$s/
                In another terminal, paste these two lines, and then the third to delete all keys:

                export PROXY_KEYS_URL=%1$s
                export PROXY_KEYS_TOKEN=%2$s
                curl -i -X DELETE "$PROXY_KEYS_URL%3$s" -H "Authorization: Bearer $PROXY_KEYS_TOKEN" -H "Idempotency-Key: demo-$(date +%%s)"

                Expect 200 and "deleted":5, "credits_returned":174.500000, "balance":1174.500000. Every operation
                can be tried at %1$s%4$s (Authorize with the token). The database:

                psql %5$s

                Press s for new keys (the exported token stays valid), q to stop.
                ------------------------------------------------------------------------------------------------
                """.formatted(url, token, Route.PROXY, DemoPages.SWAGGER_UI, database);
    }
}
