package io.proxykeys.maintenance;

import static org.hamcrest.Matchers.equalTo;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.proxykeys.harness.Accounts;
import io.proxykeys.harness.Api;
import io.proxykeys.harness.Gateway;
import io.proxykeys.harness.Harness;
import io.proxykeys.harness.Postgres;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import java.math.BigDecimal;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Maintenance events: in batches, repeatable, and a function error if they fail. */
@QuarkusTest
@WithTestResource(Harness.class)
class MaintenanceTest {

    private static final String RELEASE = "Release Expired Holds";
    private static final String PURGE = "Purge Receipts";

    private final Postgres database = Postgres.shared();
    private final String account = Accounts.open("100");

    @BeforeEach
    void releaseWhatOtherTestsLeft() {
        database.execute("UPDATE credit_hold SET expires_at = clock_timestamp() WHERE settled IS NULL");
        Gateway.invoke(Gateway.maintenance(RELEASE));
    }

    @AfterEach
    void healTheWire() {
        Harness.tap().reset();
    }

    @Test
    void allExpiredHoldsAreReleasedHoweverManyBatchesThatTakes() {
        holdExpired(2_500);

        assertEquals("{\"message\":\"Expired holds released\",\"count\":2500,\"finished\":true}", done(RELEASE));

        assertEquals(new BigDecimal("0.000000"), Accounts.used(account, "key"));
        assertEquals("{\"message\":\"Expired holds released\",\"count\":0,\"finished\":true}", done(RELEASE));
    }

    @Test
    void oldReceiptsArePurged() {
        done(PURGE);
        database.execute("""
                INSERT INTO revocation (id, account_id, trigger, operation, keys_deleted, credits_returned, balance_after, revoked_at)
                SELECT gen_random_uuid(), ?, 'request', 'all', 0, 0, 0, now() - n * interval '1 day'
                  FROM unnest('{89, 91, 400}'::int[]) n""",
                account);

        assertEquals("{\"message\":\"Receipts purged\",\"count\":2,\"finished\":true}", done(PURGE));
        assertEquals(1, Accounts.receipts(account));
    }

    @Test
    void anOldSuspensionIsPurgedWhenItHoldsNoKey() {
        done(PURGE);
        Accounts.createKey(account, "key", "10");
        String resumed = suspendAll(account);
        Api.resume(account, resumed).then().statusCode(200).body("resumed", equalTo(1));
        String holding = suspendAll(account);
        String young = suspendAll(Accounts.open("1"));
        makeOlder(resumed, 91);
        makeOlder(holding, 91);
        makeOlder(young, 89);

        assertEquals("{\"message\":\"Receipts purged\",\"count\":1,\"finished\":true}", done(PURGE));

        Api.resume(account, resumed).then().statusCode(404);
        Api.resume(account, holding).then().statusCode(200).body("resumed", equalTo(1)).body("skipped", equalTo(0));
        Accounts.spend(account, "key", "1");
        assertEquals("{\"message\":\"Receipts purged\",\"count\":1,\"finished\":true}", done(PURGE));
        Api.resume(account, holding).then().statusCode(404);
        assertEquals(1L, database.one(Long.class, "SELECT count(*) FROM suspension WHERE id = ?", UUID.fromString(young)));
    }

    @Test
    void aConnectionThatWasClosedIsNotNoticed() {
        holdExpired(1);
        Harness.tap().closeConnections();

        assertEquals("{\"message\":\"Expired holds released\",\"count\":1,\"finished\":true}", done(RELEASE));
    }

    @ParameterizedTest
    @ValueSource(strings = { "", "Release expired holds", "Account Compromised", "Purge Receipts " })
    void anUnknownTaskIsAFunctionErrorAndNothingIsDone(String detailType) {
        holdExpired(1);
        List<String> before = Accounts.everything(account);

        Gateway.Result result = Gateway.invoke(Gateway.maintenance(detailType));

        assertTrue(result.functionError(), result.payload().toString());
        assertEquals(before, Accounts.everything(account));
        assertTrue(Gateway.invoke(Gateway.maintenance(RELEASE).putNull("detail-type")).functionError());
    }

    @Test
    void aFailureIsAFunctionErrorAndTheNextEventDoesTheWork() {
        holdExpired(1);
        database.execute("REVOKE EXECUTE ON FUNCTION release_expired_holds() FROM proxy_keys_function");
        try {
            Gateway.Result result = Gateway.invoke(Gateway.maintenance(RELEASE));
            assertTrue(result.functionError(), result.payload().toString());
            assertTrue(result.payload().get("errorMessage").textValue().startsWith("Release Expired Holds failed: "),
                    result.payload().toString());
        } finally {
            database.execute("GRANT EXECUTE ON FUNCTION release_expired_holds() TO proxy_keys_function");
        }
        assertEquals(new BigDecimal("0.001000"), Accounts.used(account, "key"));

        done(RELEASE);
        assertEquals(new BigDecimal("0.000000"), Accounts.used(account, "key"));
    }

    @Test
    void whatCameThroughTheGatewayIsNeverMaintenance() {
        holdExpired(1);
        ObjectNode event = Gateway.maintenance(RELEASE);
        event.putObject("requestContext").put("requestId", "1");
        assertTrue(Gateway.invoke(event).functionError());
        ((ObjectNode) event.get("requestContext")).putObject("http").put("method", "POST");
        assertEquals(404, Gateway.invoke(event).status());

        assertEquals(new BigDecimal("0.001000"), Accounts.used(account, "key"));
    }

    private static String done(String detailType) {
        Gateway.Result result = Gateway.invoke(Gateway.maintenance(detailType));
        assertFalse(result.functionError(), result.payload().toString());
        return result.payload().toString();
    }

    private static String suspendAll(String owner) {
        return Api.json(Api.suspend(owner, "").then().statusCode(200).extract().response()).get("suspension_id").textValue();
    }

    private void makeOlder(String suspension, int days) {
        database.execute("UPDATE suspension SET suspended_at = now() - ? * interval '1 day' WHERE id = ?", days,
                UUID.fromString(suspension));
    }

    private void holdExpired(int holds) {
        Accounts.createKey(account, "key", "10");
        database.execute("""
                SELECT count(hold_id) FROM generate_series(1, ?) n, LATERAL hold_credits(sha256(?::bytea), 0.001, 1 + n % 2)""",
                holds, Accounts.secret(account, "key"));
        Accounts.expireHolds(account);
    }
}
