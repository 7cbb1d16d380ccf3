package io.proxykeys.reliability;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.proxykeys.harness.Accounts;
import io.proxykeys.harness.Api;
import io.proxykeys.harness.Harness;
import io.proxykeys.harness.PgBouncer;
import io.proxykeys.harness.Postgres;
import io.proxykeys.harness.WireTap;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.pgclient.PgConnectOptions;
import io.vertx.pgclient.PgConnection;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A pooler that has a call wait in its queue says nothing either: that is not the end of the call. */
@QuarkusTest
@WithTestResource(Harness.class)
class PoolerQueueTest {

    private final WireTap tap = Harness.tap();
    private final Vertx vertx = Vertx.vertx();
    private String account;
    private PgBouncer pooler;
    private PgConnection inUse;

    /** What is asked for. */
    enum Call {
        CHANGE(Api::deleteAll),
        READ(Api::list);

        private final Function<String, Response> call;

        Call(Function<String, Response> call) {
            this.call = call;
        }
    }

    @BeforeEach
    void thePoolersOnlyConnectionIsInUse() throws Exception {
        PgBouncer.assumeThereIsOne();
        pooler = new PgBouncer(Postgres.shared().port(), "session", 1);
        account = Accounts.open("250");
        Accounts.createFiveKeys(account);
        Api.list(account).then().statusCode(200);
        inUse = get(PgConnection.connect(vertx, new PgConnectOptions().setHost("localhost").setPort(pooler.port()).setDatabase("postgres")
                .setUser(Postgres.FUNCTION_USER).setPassword(Postgres.PASSWORD).setProperties(Map.of())));
        get(inUse.query("SELECT").execute());
        tap.connectTo(pooler.port());
        tap.closeConnections();
        tap.awaitHeldOpen(0);
        tap.reset();
    }

    @AfterEach
    void withoutAPooler() throws Exception {
        tap.connectTo(Postgres.shared().port());
        tap.closeConnections();
        get(vertx.close());
        if (pooler != null) {
            pooler.close();
        }
    }

    @ParameterizedTest
    @EnumSource(Call.class)
    void aCallWaitsForItsTurn(Call asked) throws Exception {
        CompletableFuture<Response> answer = CompletableFuture.supplyAsync(() -> asked.call.apply(account));
        // The first connection was given up for its silence, and the call waits again.
        tap.awaitConnections(2);

        get(inUse.close());

        assertEquals(200, answer.get(10, TimeUnit.SECONDS).statusCode());
        tap.awaitHeldOpen(1);
    }

    @Test
    void aCallWhoseTurnDoesNotComeIsAnsweredBeforeItsDeadline() throws Exception {
        long start = System.nanoTime();

        Response answer = Api.deleteAll(account);

        Duration took = Duration.ofNanos(System.nanoTime() - start);
        assertTrue(took.compareTo(Duration.ofSeconds(28)) < 0, "took " + took);
        assertEquals(503, answer.statusCode(), answer.asString());
        assertEquals(5, Accounts.keys(account));
        tap.awaitHeldOpen(0);
        get(inUse.close());
        assertEquals(5, Api.json(Api.deleteAll(account)).get("deleted").intValue());
    }

    private static <T> T get(Future<T> future) throws Exception {
        return future.toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
    }
}
