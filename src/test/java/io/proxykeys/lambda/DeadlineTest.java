package io.proxykeys.lambda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.RequestHandler;
import com.amazonaws.services.lambda.runtime.events.APIGatewayV2HTTPEvent;
import com.amazonaws.services.lambda.runtime.events.APIGatewayV2HTTPResponse;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.proxykeys.alert.AlertFailed;
import io.proxykeys.harness.Accounts;
import io.proxykeys.harness.Api;
import io.proxykeys.harness.Gateway;
import io.proxykeys.harness.Harness;
import io.proxykeys.harness.Issuer;
import io.proxykeys.harness.WireTap.Fault;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.smallrye.mutiny.infrastructure.Infrastructure;
import io.vertx.core.Vertx;
import jakarta.enterprise.inject.Any;
import jakarta.inject.Inject;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Every invocation is answered before its deadline, whatever the rest of the process is doing. */
@QuarkusTest
@WithTestResource(Harness.class)
class DeadlineTest {

    private static final int DEADLINE_MILLIS = 3_000;
    /** More than the pool of workers has threads. */
    private static final int WORKERS = 300;

    @Inject
    @Any
    RequestHandler<APIGatewayV2HTTPEvent, APIGatewayV2HTTPResponse> entry;

    @Inject
    ObjectMapper json;

    @Inject
    Vertx vertx;

    @ConfigProperty(name = "quarkus.thread-pool.max-threads")
    OptionalInt workers;

    private final CountDownLatch released = new CountDownLatch(1);

    /** What is busy for as long as the latch is not released. */
    enum Busy {
        EVENT_LOOP(true, false), WORKERS_AND_DATABASE(false, true), EVENT_LOOP_AND_WORKERS(true, true);

        private final boolean eventLoop;
        private final boolean workerThreads;

        Busy(boolean eventLoop, boolean workerThreads) {
            this.eventLoop = eventLoop;
            this.workerThreads = workerThreads;
        }
    }

    @AfterEach
    void release() {
        released.countDown();
        Harness.tap().reset();
        Harness.tap().closeConnections();
    }

    @ParameterizedTest
    @EnumSource(Busy.class)
    void aRequestIsAnsweredThatTheOutcomeIsUnknownAndNothingHappensAfterwards(Busy busy) throws Exception {
        String account = Accounts.open("250");
        Accounts.createFiveKeys(account);
        List<String> before = Accounts.everything(account);
        block(busy);

        JsonNode problem = unavailable(handle(delete(account)));

        assertTrue(problem.get("detail").textValue().contains("outcome is unknown"), problem.toString());
        assertEquals(before, Accounts.everything(account));
        release();
        assertEquals(5, Api.json(handle(delete(account)).getBody()).get("deleted").intValue(), "the next invocation works");
        assertEquals(1, Accounts.receipts(account), "what was given up is not carried out later");
    }

    @ParameterizedTest
    @EnumSource(Busy.class)
    void anAlertIsAFunctionErrorAndDeliveredAgainItRevokes(Busy busy) throws Exception {
        String account = Accounts.open("250");
        Accounts.createFiveKeys(account);
        JsonNode alert = Gateway.alert(account, UUID.randomUUID().toString(), Instant.now());
        block(busy);

        AlertFailed failure = assertThrows(AlertFailed.class, () -> handle(alert));

        assertTrue(failure.getMessage().contains("unknown"), failure.getMessage());
        release();
        handle(alert);
        assertEquals(0, Accounts.keys(account));
        assertEquals(1, Accounts.receipts(account));
    }

    @Test
    void aReadThatIsGivenUpHasChangedNothing() throws Exception {
        block(Busy.EVENT_LOOP);

        JsonNode problem = unavailable(handle(request("GET", Accounts.open("1"))));

        assertTrue(problem.get("detail").textValue().contains("Nothing was changed"), problem.toString());
    }

    @Test
    void aSilentDatabaseIsGivenUpWithTheReceiptToLookFor() throws Exception {
        String account = Accounts.open("250");
        Accounts.createFiveKeys(account);
        handle(delete(Accounts.open("1")));
        Harness.tap().fault(Fault.SILENCE);

        JsonNode problem = unavailable(handle(delete(account)));

        assertEquals(7, UUID.fromString(problem.get("revocation_id").textValue()).version());
        assertEquals(5, Accounts.keys(account));
        Harness.tap().fault(Fault.NONE);
        assertEquals(5, Api.json(handle(delete(account)).getBody()).get("deleted").intValue(), "the next invocation works");
        assertEquals(1, Accounts.receipts(account));
    }

    @ParameterizedTest
    @CsvSource({ "29000,28000", "3000,2000", "2000,1000", "1500,750", "1000,500", "900000,899000",
            "0,28000", "-5000,28000", "900001,28000", "2000000000,28000" })
    void theLastSecondIsKeptForTheAnswer(int remaining, int bound) {
        assertEquals(Duration.ofMillis(bound), InvocationDeadline.bound(remaining));
    }

    private void block(Busy busy) throws InterruptedException {
        if (busy.workerThreads) {
            assertTrue(workers.orElse(0) < WORKERS);
            CountDownLatch blocked = new CountDownLatch(1);
            IntStream.range(0, WORKERS).forEach(i -> Infrastructure.getDefaultWorkerPool().execute(() -> hold(blocked)));
            blocked.await();
        }
        if (busy.eventLoop) {
            CountDownLatch blocked = new CountDownLatch(1);
            vertx.getOrCreateContext().runOnContext(ignored -> hold(blocked));
            blocked.await();
        } else {
            Harness.tap().fault(Fault.SILENCE);
        }
    }

    private void hold(CountDownLatch blocked) {
        blocked.countDown();
        try {
            released.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static JsonNode unavailable(APIGatewayV2HTTPResponse response) {
        assertEquals(503, response.getStatusCode(), response.getBody());
        assertEquals("application/problem+json", response.getHeaders().get("Content-Type"));
        return Api.json(response.getBody());
    }

    /** As the thread that polls for events does; within the deadline. */
    private APIGatewayV2HTTPResponse handle(JsonNode event) throws JsonProcessingException {
        long deadline = System.currentTimeMillis() + DEADLINE_MILLIS;
        try {
            return entry.handleRequest(json.readValue(event.toString(), APIGatewayV2HTTPEvent.class), context(deadline));
        } finally {
            assertTrue(System.currentTimeMillis() < deadline, "answered after the deadline");
        }
    }

    private static Context context(long deadline) {
        return (Context) Proxy.newProxyInstance(Context.class.getClassLoader(), new Class<?>[] { Context.class },
                (proxy, method, arguments) -> switch (method.getName()) {
                    case "getRemainingTimeInMillis" -> (int) (deadline - System.currentTimeMillis());
                    case "getAwsRequestId" -> "request";
                    default -> throw new UnsupportedOperationException(method.getName());
                });
    }

    private static JsonNode delete(String account) {
        return request("DELETE", account);
    }

    private static JsonNode request(String method, String account) {
        return Gateway.event(method, Api.PROXY, "", Map.of("authorization", "Bearer " + Issuer.shared().token(account)));
    }
}
