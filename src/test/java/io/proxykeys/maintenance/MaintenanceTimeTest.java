package io.proxykeys.maintenance;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.proxykeys.harness.Accounts;
import io.proxykeys.harness.Harness;
import io.proxykeys.harness.Postgres;
import io.proxykeys.json.JsonText;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.vertx.VertxContextSupport;
import jakarta.inject.Inject;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** What a maintenance event does if there is more to do than it has time for. */
@QuarkusTest
@WithTestResource(Harness.class)
class MaintenanceTimeTest {

    private final Maintenance maintenance;

    @Inject
    MaintenanceTimeTest(Maintenance maintenance) {
        this.maintenance = maintenance;
    }

    @Test
    void whatThereIsNoTimeForIsLeftToTheNextEvent() throws Throwable {
        String account = Accounts.open("100");
        Accounts.createKey(account, "key", "10");
        Postgres.shared().execute("""
                SELECT count(hold_id) FROM generate_series(1, 1500) n, LATERAL hold_credits(sha256(?::bytea), 0.001, 1 + n % 2)""",
                Accounts.secret(account, "key"));
        Accounts.expireHolds(account);

        assertEquals("{\"message\":\"Expired holds released\",\"count\":1000,\"finished\":false}", release(Duration.ZERO));
        release(Duration.ofSeconds(20));

        assertEquals("0.000000", Accounts.used(account, "key").toPlainString());
    }

    private String release(Duration remaining) throws Throwable {
        return JsonText.of(VertxContextSupport.subscribeAndAwait(() -> maintenance.run("Release Expired Holds", remaining)));
    }
}
