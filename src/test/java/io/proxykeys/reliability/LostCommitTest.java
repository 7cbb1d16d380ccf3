package io.proxykeys.reliability;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.proxykeys.harness.Accounts;
import io.proxykeys.harness.Api;
import io.proxykeys.harness.Gateway;
import io.proxykeys.harness.Harness;
import io.proxykeys.harness.Postgres;
import io.proxykeys.harness.WireTap;
import io.proxykeys.harness.WireTap.Fault;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import java.math.BigDecimal;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The database or the network fails while COMMIT is under way: everything happened or nothing, the answer does not claim to
 * know what it cannot know, and a repeat with the same Idempotency-Key tells the truth.
 */
@QuarkusTest
@WithTestResource(Harness.class)
class LostCommitTest {

    /** How long COMMIT takes here, so that something can happen during it. */
    private static final int COMMIT_MILLIS = 150;

    private final Postgres database = Postgres.shared();
    private final WireTap tap = Harness.tap();

    @AfterEach
    void heal() {
        tap.reset();
        tap.closeConnections();
        database.execute("DROP FUNCTION IF EXISTS slow_commit() CASCADE");
    }

    @ParameterizedTest
    @ValueSource(ints = { 0, 30, 75, 120, 150, 155, 160, 170, 200 })
    void theDatabaseCrashesDuringCommit(int afterMillis) throws Exception {
        String account = Accounts.open("250");
        Accounts.createFiveKeys(account);
        List<String> before = Accounts.everything(account);
        Api.deleteAll(Accounts.open("1")).then().statusCode(200);
        makeCommitSlow();
        CompletableFuture<Void> crash = new CompletableFuture<>();
        tap.beforeRoundTrip(4, () -> CompletableFuture.delayedExecutor(afterMillis, TimeUnit.MILLISECONDS).execute(() -> {
            database.crash();
            crash.complete(null);
        }));

        Response response;
        try {
            response = Api.deleteAll(account, "during-a-crash");
            crash.get(20, TimeUnit.SECONDS);
        } finally {
            database.startAgain();
        }

        if (response.statusCode() == 200) {
            // What was answered has to be there after the crash.
            assertRevoked(account, Api.json(response).get("revocation_id").textValue());
        } else {
            isTrue(account, before, response);
        }
        theRepeatTellsTheTruth(account, "during-a-crash");
    }

    @ParameterizedTest
    @EnumSource(names = { "LOSE_COMMIT_ANSWER_AND_REFUSE", "LOSE_COMMIT_AND_REFUSE" })
    void theNetworkBreaksDuringCommit(Fault fault) {
        String account = Accounts.open("250");
        Accounts.createFiveKeys(account);
        List<String> before = Accounts.everything(account);
        tap.fault(fault);

        Response response = Api.deleteAll(account, "broken");

        tap.fault(Fault.NONE);
        isTrue(account, before, response);
        theRepeatTellsTheTruth(account, "broken");
    }

    @ParameterizedTest
    @EnumSource(names = { "LOSE_COMMIT_ANSWER_AND_REFUSE", "LOSE_COMMIT_AND_REFUSE" })
    void theNetworkBreaksDuringTheCommitOfAnAlert(Fault fault) {
        String account = Accounts.open("250");
        Accounts.createFiveKeys(account);
        ObjectNode alert = Calls.alert(account);
        tap.fault(fault);

        Gateway.Result failed = Gateway.invoke(alert);

        tap.fault(Fault.NONE);
        assertTrue(failed.functionError(), failed.payload().toString());
        String message = failed.payload().get("errorMessage").textValue();
        assertTrue(message.contains("is unknown: if there is a receipt"), message);
        JsonNode answer = Gateway.invoke(alert).payload();
        assertEquals(5, answer.get("deleted").intValue(), answer.toString());
        assertRevoked(account, answer.get("revocation_id").textValue());
    }

    @Test
    void aFlipWhoseConfirmationWasLostIsNotMadeTwice() {
        String account = Accounts.open("100");
        String key = Accounts.createKey(account, "key", "10");
        tap.fault(Fault.LOSE_COMMIT_ANSWER);

        JsonNode problem = Api.json(Api.toggle(account, key));

        assertTrue(problem.get("detail").textValue().contains("outcome is unknown"), problem.toString());
        assertEquals(List.of("f|"), database.rows("SELECT is_active FROM proxy_key WHERE id = ?", key));
    }

    /** What a 503 says is so: nothing was changed, or the receipt it names is there if and only if everything was done. */
    private void isTrue(String account, List<String> before, Response response) {
        assertEquals(503, response.statusCode(), response.asString());
        JsonNode problem = Api.json(response);
        String detail = problem.get("detail").textValue();
        if (Accounts.receipts(account) == 1) {
            assertTrue(detail.contains("outcome is unknown"), detail);
            assertRevoked(account, problem.get("revocation_id").textValue());
        } else {
            assertTrue(detail.contains("outcome is unknown") || detail.contains("Nothing was changed"), detail);
            assertEquals(before, Accounts.everything(account));
        }
    }

    private void theRepeatTellsTheTruth(String account, String idempotencyKey) {
        boolean committed = Accounts.receipts(account) == 1;
        Response repeated = Api.deleteAll(account, idempotencyKey);
        assertEquals(200, repeated.statusCode(), repeated.asString());
        assertEquals(5, Api.json(repeated).get("deleted").intValue());
        assertEquals(committed ? "true" : null, repeated.header("Idempotency-Replayed"));
        assertRevoked(account, Api.json(repeated).get("revocation_id").textValue());
    }

    private void assertRevoked(String account, String receipt) {
        assertEquals(List.of(receipt + "|5|174.500000|"), database.rows(
                "SELECT id, keys_deleted, credits_returned FROM revocation WHERE account_id = ?", account));
        assertEquals(0, Accounts.keys(account));
        assertEquals(new BigDecimal("174.500000"), Accounts.balance(account));
    }

    private void makeCommitSlow() {
        database.execute("""
                CREATE FUNCTION slow_commit() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN PERFORM pg_sleep(%s); RETURN NULL; END $$""".formatted(COMMIT_MILLIS / 1000.0));
        database.execute("""
                CREATE CONSTRAINT TRIGGER slow_commit AFTER INSERT ON revocation DEFERRABLE INITIALLY DEFERRED
                   FOR EACH ROW EXECUTE FUNCTION slow_commit()""");
    }
}
