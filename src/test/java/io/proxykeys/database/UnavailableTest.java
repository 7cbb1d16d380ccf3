package io.proxykeys.database;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.proxykeys.harness.Accounts;
import io.proxykeys.harness.Api;
import io.proxykeys.harness.Harness;
import io.proxykeys.harness.Postgres;
import io.proxykeys.harness.WireTap;
import io.proxykeys.harness.WireTap.Fault;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import java.sql.Connection;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A database that cannot serve is a 503 well before the gateway gives up, and the next call works as soon as it can. */
@QuarkusTest
@WithTestResource(Harness.class)
class UnavailableTest {

    private final WireTap tap = Harness.tap();

    @AfterEach
    void heal() {
        tap.reset();
        tap.closeConnections();
    }

    @Test
    void unreachable() {
        String account = Accounts.open("250");
        Accounts.createFiveKeys(account);
        List<String> before = Accounts.everything(account);
        tap.fault(Fault.REFUSE);
        tap.closeConnections();

        nothingWasChanged(call(account, Duration.ofSeconds(10)));

        assertEquals(before, Accounts.everything(account));
        tap.fault(Fault.NONE);
        assertEquals(5, Api.json(Api.deleteAll(account)).get("deleted").intValue());
    }

    @Test
    void silent() {
        String account = Accounts.open("250");
        Accounts.createFiveKeys(account);
        tap.fault(Fault.SILENCE);
        tap.closeConnections();

        nothingWasChanged(call(account, Duration.ofSeconds(15)));

        tap.fault(Fault.NONE);
        tap.closeConnections();
        assertEquals(5, Api.json(Api.deleteAll(account)).get("deleted").intValue());
    }

    @Test
    void silentFromOneMomentToTheNext() {
        String account = Accounts.open("250");
        Api.deleteAll(account).then().statusCode(200);
        Accounts.createFiveKeys(account);
        tap.fault(Fault.SILENCE);

        nothingWasChanged(call(account, Duration.ofSeconds(29)));

        tap.fault(Fault.NONE);
        assertEquals(5, Api.json(Api.deleteAll(account)).get("deleted").intValue());
    }

    @Test
    void lockedBySomebodyElse() throws Exception {
        String account = Accounts.open("250");
        Accounts.createFiveKeys(account);
        try (Connection other = Postgres.shared().connect()) {
            other.setAutoCommit(false);
            Postgres.one(other, String.class, "SELECT id FROM account WHERE id = ? FOR UPDATE", account);

            nothingWasChanged(call(account, Duration.ofSeconds(10)));
        }
        assertEquals(5, Api.json(Api.deleteAll(account)).get("deleted").intValue());
    }

    @Test
    void outOfConnections() {
        String account = Accounts.open("1");
        Postgres.shared().execute("ALTER ROLE " + Postgres.FUNCTION_USER + " CONNECTION LIMIT 0");
        try {
            tap.closeConnections();
            nothingWasChanged(call(account, Duration.ofSeconds(10)));
        } finally {
            Postgres.shared().execute("ALTER ROLE " + Postgres.FUNCTION_USER + " CONNECTION LIMIT -1");
        }
        Api.deleteAll(account).then().statusCode(200);
    }

    @Test
    void whenTheConfirmationIsLostForGoodTheReceiptToLookForIsNamed() {
        String account = Accounts.open("250");
        Accounts.createFiveKeys(account);
        tap.fault(Fault.LOSE_COMMIT_ANSWER_AND_REFUSE);

        String receipt = outcomeIsUnknown(call(account, Duration.ofSeconds(15)));

        assertEquals(receipt, Postgres.shared().one(String.class,
                "SELECT id::text FROM revocation WHERE account_id = ?", account));
        assertEquals(0, Accounts.keys(account));
    }

    @Test
    void whenTheConfirmationWasNeverAskedForThereIsNoSuchReceipt() {
        String account = Accounts.open("250");
        Accounts.createFiveKeys(account);
        List<String> before = Accounts.everything(account);
        tap.fault(Fault.LOSE_COMMIT_AND_REFUSE);

        outcomeIsUnknown(call(account, Duration.ofSeconds(15)));

        assertEquals(before, Accounts.everything(account));
    }

    private static Response call(String account, Duration bound) {
        long start = System.nanoTime();
        Response response = Api.deleteAll(account);
        Duration took = Duration.ofNanos(System.nanoTime() - start);
        assertTrue(took.compareTo(bound) < 0, "took " + took);
        return response;
    }

    private static void nothingWasChanged(Response response) {
        JsonNode problem = unavailable(response);
        assertTrue(problem.get("detail").textValue().contains("Nothing was changed"), problem.toString());
        assertFalse(problem.has("revocation_id"));
    }

    private static String outcomeIsUnknown(Response response) {
        JsonNode problem = unavailable(response);
        assertTrue(problem.get("detail").textValue().contains("outcome is unknown"), problem.toString());
        return problem.get("revocation_id").textValue();
    }

    private static JsonNode unavailable(Response response) {
        assertEquals(503, response.statusCode(), response.asString());
        assertEquals("application/problem+json", response.contentType());
        assertTrue(Integer.parseInt(response.header("Retry-After")) > 0);
        return Api.json(response);
    }
}
