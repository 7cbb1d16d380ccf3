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
            INSERT INTO account (id, balance) VALUES ('demo', 1250)
                ON CONFLICT (id) DO UPDATE
                SET balance = 1250;
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
    private final DemoKeySource keys;
    private final String issuer;
    private final String audience;
    private final int port;

    @Inject
    DemoAccount(Pool pool, DemoKeySource keys, TokenSettings tokens,
            @ConfigProperty(name = "quarkus.lambda.mock-event-server.dev-port", defaultValue = "8080") int port) {
        this.pool = pool;
        this.keys = keys;
        this.issuer = tokens.issuer().orElseThrow();
        this.audience = tokens.audiences().orElseThrow();
        this.port = port;
    }

    void load(@Observes @Priority(10_000) StartupEvent start) {
        pool.withTransaction((SqlConnection connection) -> connection.query(LOAD).execute())
                .await().atMost(Duration.ofSeconds(30));
        System.out.println(instructions());
    }

    private String instructions() {
        String token = keys.token(issuer, audience, ACCOUNT, String.join(" ", Scope.READ, Scope.WRITE, Scope.CREATE, Scope.DELETE), Duration
                .ofHours(8));
        return """

                ------------------------------------------------------------------------------------------------
                The demo account has 5 proxy keys: partly used, unused, expired, disabled, fully used. They hold
                250 credits, of which 75.5 are spent; 1,000 are in the balance. Delete them all (paste this):

                curl -i -X DELETE http://localhost:%s%s -H 'Idempotency-Key: demo-1' -H 'Authorization: Bearer %s'

                Expect 200 and "deleted":5, "credits_returned":174.500000, "balance":1174.500000. Paste it again
                for the same answer with "Idempotency-Replayed: true"; without the Idempotency-Key a repeat
                deletes 0. Every operation can be tried at http://localhost:%s%s
                (Authorize with the token). Press s to start over with new keys and a new token, q to stop.
                ------------------------------------------------------------------------------------------------
                """.formatted(port, Route.PROXY, token, port, OpenApiPages.PAGE);
    }
}
