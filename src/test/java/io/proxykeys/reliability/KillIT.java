package io.proxykeys.reliability;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.proxykeys.harness.Accounts;
import io.proxykeys.harness.Gateway;
import io.proxykeys.harness.NativeFunction;
import io.proxykeys.harness.Postgres;
import io.proxykeys.harness.WireTap;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The native function is killed at each stage of its transaction: everything happened or nothing, and a repeat tells which. */
class KillIT {

    private static final int BEGIN = 1;
    private static final int COMMIT = 4;

    private final Postgres database = Postgres.shared();

    static Stream<Arguments> stages() {
        return Stream.of(false, true).flatMap(alert -> Stream.of(false, true).flatMap(answered -> Stream.iterate(BEGIN, trip -> trip + 1)
                .limit(COMMIT).map(trip -> Arguments.of(trip, answered, alert))));
    }

    @ParameterizedTest(name = "round trip {0}, answered: {1}, alert: {2}")
    @MethodSource("stages")
    void killed(int roundTrip, boolean answered, boolean alert) throws Exception {
        String account = Accounts.open("250");
        Accounts.createFiveKeys(account);
        List<String> before = Accounts.everything(account);
        String name = UUID.randomUUID().toString();
        JsonNode event = alert ? Gateway.alert(account, name, Instant.now()) : Calls.deleteAll(account, name);

        killAt(roundTrip, answered, event, alert);

        boolean committed = Accounts.receipts(account) == 1;
        if (roundTrip == COMMIT && answered) {
            assertTrue(committed);
        } else if (roundTrip < COMMIT) {
            assertFalse(committed);
        }
        if (!committed) {
            assertEquals(before, Accounts.everything(account));
        }
        String after = String.join("\n", Accounts.everything(account));

        try (NativeFunction another = Calls.start(database.port())) {
            Gateway.Result repeated = another.invoke(event);
            JsonNode answer = alert ? repeated.payload() : repeated.json();
            assertEquals(5, answer.get("deleted").intValue(), repeated.payload().toString());
            assertEquals(new BigDecimal("174.500000"), answer.get("credits_returned").decimalValue());
            assertEquals(database.one(String.class, "SELECT id::text FROM revocation WHERE account_id = ?", account),
                    answer.get("revocation_id").textValue());
            assertEquals(committed && !alert ? "true" : null, repeated.header("Idempotency-Replayed"));
        }
        assertEquals(new BigDecimal("174.500000"), Accounts.balance(account));
        assertEquals(0, Accounts.keys(account));
        if (committed) {
            assertEquals(after, String.join("\n", Accounts.everything(account)), "the repeat changed something");
        }
    }

    /** After an event of the same kind: the first one of an instance prepares its statement, which takes a round trip more. */
    private void killAt(int roundTrip, boolean answered, JsonNode event, boolean alert) throws Exception {
        WireTap tap = new WireTap(database.port());
        try (NativeFunction function = Calls.start(tap.port())) {
            String other = Accounts.open("1");
            assertFalse(function.invoke(alert ? Calls.alert(other) : Calls.deleteAll(other, null)).functionError());
            assertEquals(1, Accounts.receipts(other));
            if (answered) {
                tap.afterRoundTrip(roundTrip, function::kill);
            } else {
                tap.beforeRoundTrip(roundTrip, function::kill);
            }
            CompletableFuture<Gateway.Result> call = function.invokeAsync(event);
            assertThrows(ExecutionException.class, () -> call.get(20, TimeUnit.SECONDS));
        }
        database.await("its transaction has not ended",
                "SELECT count(*) = 0 FROM pg_stat_activity WHERE usename = ? AND xact_start IS NOT NULL",
                Postgres.FUNCTION_USER);
    }
}
