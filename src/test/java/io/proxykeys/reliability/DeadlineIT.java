package io.proxykeys.reliability;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.proxykeys.harness.Accounts;
import io.proxykeys.harness.Gateway;
import io.proxykeys.harness.NativeFunction;
import io.proxykeys.harness.Postgres;
import io.proxykeys.harness.WireTap;
import io.proxykeys.harness.WireTap.Fault;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** The native function answers before the deadline, also if the database says nothing any more; the next invocation works. */
class DeadlineIT {

    private static final Duration DEADLINE = Duration.ofSeconds(3);

    @Test
    void aRequestIsAnsweredWithTheReceiptToLookFor() {
        WireTap tap = new WireTap(Postgres.shared().port());
        try (NativeFunction function = Calls.start(tap.port())) {
            String account = silencedWithFiveKeys(tap, function);

            Gateway.Result late = function.invokeWithin(DEADLINE, Calls.deleteAll(account, null));

            assertEquals(503, late.status());
            JsonNode problem = late.json();
            assertTrue(problem.get("detail").textValue().contains("outcome is unknown"), problem.toString());
            assertTrue(problem.has("revocation_id"), problem.toString());
            assertEquals(5, Accounts.keys(account));
            tap.fault(Fault.NONE);
            assertEquals(5, function.invokeWithin(DEADLINE, Calls.deleteAll(account, null)).json().get("deleted").intValue());
            assertEquals(1, Accounts.receipts(account));
        }
    }

    @Test
    void aCreationIsAnsweredWithTheKeyToLookFor() {
        WireTap tap = new WireTap(Postgres.shared().port());
        try (NativeFunction function = Calls.start(tap.port())) {
            String account = silencedWithFiveKeys(tap, function);

            Gateway.Result late = function.invokeWithin(DEADLINE, Calls.post(account, "/create", """
                    {"name":"late","allocated_ammount":1}"""));

            assertEquals(503, late.status());
            assertTrue(late.json().get("detail").textValue().contains("outcome is unknown"), late.body());
            assertTrue(late.json().get("id").textValue().matches("ek-proxy-[0-9a-f]{32}"), late.body());
            assertEquals(5, Accounts.keys(account));
        }
    }

    @Test
    void anAlertIsAFunctionErrorAndDeliveredAgainItRevokes() {
        WireTap tap = new WireTap(Postgres.shared().port());
        try (NativeFunction function = Calls.start(tap.port())) {
            String account = silencedWithFiveKeys(tap, function);
            JsonNode alert = Calls.alert(account);

            assertTrue(function.invokeWithin(DEADLINE, alert).functionError());
            tap.fault(Fault.NONE);

            assertEquals(5, function.invokeWithin(DEADLINE, alert).payload().get("deleted").intValue());
            assertEquals(1, Accounts.receipts(account));
        }
    }

    /** The connection of the function is warm, and silent from now on. */
    private static String silencedWithFiveKeys(WireTap tap, NativeFunction function) {
        assertEquals(200, function.invoke(Calls.deleteAll(Accounts.open("1"), null)).status());
        String account = Accounts.open("250");
        Accounts.createFiveKeys(account);
        tap.fault(Fault.SILENCE);
        return account;
    }
}
