package io.proxykeys.reliability;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.proxykeys.harness.Accounts;
import io.proxykeys.harness.Api;
import io.proxykeys.harness.Gateway;
import io.proxykeys.harness.Harness;
import io.proxykeys.harness.WireTap;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import java.time.Duration;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A connection that dies without a word, just after it was used: nothing is answered any more, not even its end. */
@QuarkusTest
@WithTestResource(Harness.class)
class SilenceTest {

    /** After BEGIN, the lock and the statement. */
    private static final int COMMIT = 4;

    private final WireTap tap = Harness.tap();
    private String account;

    @BeforeEach
    void aWarmConnection() {
        account = Accounts.open("260");
        Accounts.createFiveKeys(account);
        Api.deleteAll(Accounts.open("1")).then().statusCode(200);
        Api.list(account).then().statusCode(200);
        tap.reset();
    }

    @AfterEach
    void heal() {
        tap.reset();
        tap.closeConnections();
    }

    @Test
    void aDeletionIsCarriedOutWithinSixSeconds() throws Exception {
        tap.silenceConnections();

        Response answer = within(Duration.ofSeconds(6), () -> Api.deleteAll(account));

        assertEquals(200, answer.statusCode(), answer.asString());
        assertEquals(5, Api.json(answer).get("deleted").intValue());
        nothingElseStaysOpen();
    }

    @Test
    void aReadIsAnsweredWithinEight() throws Exception {
        tap.silenceConnections();

        within(Duration.ofSeconds(8), () -> Api.list(account)).then().statusCode(200);

        nothingElseStaysOpen();
    }

    @Test
    void aToggleIsMadeOnce() throws Exception {
        String key = Accounts.createKey(account, "key", "1");
        tap.silenceConnections();

        Response answer = within(Duration.ofSeconds(6), () -> Api.toggle(account, key));

        assertEquals(200, answer.statusCode(), answer.asString());
        assertFalse(Api.json(answer).get("status").booleanValue(), answer.asString());
        nothingElseStaysOpen();
    }

    @Test
    void aKeyIsCreatedOnce() throws Exception {
        tap.silenceConnections();

        within(Duration.ofSeconds(6), () -> Api.create(account, "key", "1")).then().statusCode(200);

        assertEquals(6, Accounts.keys(account));
        nothingElseStaysOpen();
    }

    @Test
    void anAlertIsCarriedOutInItsFirstRun() throws Exception {
        tap.silenceConnections();

        Gateway.Result answer = within(Duration.ofSeconds(6), () -> Gateway.invoke(Calls.alert(account)));

        assertFalse(answer.functionError(), answer.payload().toString());
        assertEquals(5, answer.payload().get("deleted").intValue());
        nothingElseStaysOpen();
    }

    @Test
    void aConnectionThatWasIdleIsReplacedAtOnce() throws Exception {
        Thread.sleep(5_100); // time has to pass: until then a connection is taken to be alive
        tap.silenceConnections();

        Response answer = within(Duration.ofSeconds(4), () -> Api.deleteAll(account));

        assertEquals(200, answer.statusCode(), answer.asString());
        assertEquals(5, Api.json(answer).get("deleted").intValue());
        nothingElseStaysOpen();
    }

    @ParameterizedTest
    @ValueSource(ints = { 1, 2, 3, COMMIT })
    void fromAnyStatementOnTheAnswerIsTrueAndInTime(int statement) throws Exception {
        tap.beforeRoundTrip(statement, tap::silenceConnections);

        theAnswerIsTrueAndInTime("before-" + statement);
    }

    @ParameterizedTest
    @ValueSource(ints = { 1, 2, 3 })
    void andFromAnyAnswerOn(int statement) throws Exception {
        tap.afterRoundTrip(statement, tap::silenceConnections);

        theAnswerIsTrueAndInTime("after-" + statement);
    }

    private void theAnswerIsTrueAndInTime(String idempotencyKey) throws Exception {
        Response answer = within(Duration.ofSeconds(28), () -> Api.deleteAll(account, idempotencyKey));

        if (answer.statusCode() != 200) {
            nothingWasChanged(answer);
        }
        assertEquals(5, Api.json(Api.deleteAll(account, idempotencyKey)).get("deleted").intValue());
        assertEquals(1, Accounts.receipts(account));
        nothingElseStaysOpen();
    }

    @Test
    void whatWasCommittedBeforeTheSilenceIsFoundByItsReceipt() throws Exception {
        tap.afterRoundTrip(COMMIT, tap::silenceConnections);

        Response answer = within(Duration.ofSeconds(12), () -> Api.deleteAll(account));

        assertEquals(200, answer.statusCode(), answer.asString());
        assertEquals(5, Api.json(answer).get("deleted").intValue());
        assertEquals(1, Accounts.receipts(account));
        nothingElseStaysOpen();
    }

    @Test
    void aFlipThatMayHaveBeenCommittedIsNotMadeAgain() throws Exception {
        String key = Accounts.createKey(account, "key", "1");
        Api.toggle(account, key).then().statusCode(200);
        tap.afterRoundTrip(COMMIT, tap::silenceConnections);

        Response answer = within(Duration.ofSeconds(28), () -> Api.toggle(account, key));

        assertEquals(503, answer.statusCode(), answer.asString());
        assertTrue(Api.json(Api.lookup(account, key)).get("is_active").booleanValue());
        nothingElseStaysOpen();
    }

    @Test
    void whereNewConnectionsAreSilentTooNothingStaysOpenEither() throws Exception {
        tap.fault(WireTap.Fault.SILENCE);

        Response answer = within(Duration.ofSeconds(15), () -> Api.deleteAll(account));

        nothingWasChanged(answer);
        assertEquals(5, Accounts.keys(account));
        tap.awaitHeldOpen(0);
    }

    private static void nothingWasChanged(Response answer) {
        assertEquals(503, answer.statusCode(), answer.asString());
        JsonNode problem = Api.json(answer);
        assertTrue(problem.get("detail").textValue().contains("Nothing was changed"), answer.asString());
    }

    /** The connection that works is the only one. */
    private void nothingElseStaysOpen() throws InterruptedException {
        tap.awaitHeldOpen(1);
    }

    private static <T> T within(Duration bound, Supplier<T> call) {
        long start = System.nanoTime();
        T answer = call.get();
        Duration took = Duration.ofNanos(System.nanoTime() - start);
        assertTrue(took.compareTo(bound) < 0, "took " + took);
        return answer;
    }
}
