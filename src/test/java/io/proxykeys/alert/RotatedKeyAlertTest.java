package io.proxykeys.alert;

import static org.hamcrest.Matchers.anyOf;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.nullValue;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.proxykeys.harness.Accounts;
import io.proxykeys.harness.Api;
import io.proxykeys.harness.Gateway;
import io.proxykeys.harness.Harness;
import io.proxykeys.harness.Notifications;
import io.proxykeys.harness.Postgres;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import java.math.BigDecimal;
import java.sql.SQLException;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Alerts about a key that has two secrets, because the overlap of a rotation runs. */
@QuarkusTest
@WithTestResource(Harness.class)
class RotatedKeyAlertTest {

    private final Postgres database = Postgres.shared();
    private final String account = Accounts.open("100");
    private final String key = Accounts.createKey(account, "key", "10");
    private final String old = Accounts.secret(account, "key");
    private String current;

    @BeforeEach
    void rotate() {
        Accounts.createKey(account, "sibling", "20");
        current = Api.json(Api.rotate(account, key, 3600)).at("/keys/0/key").textValue();
    }

    @Test
    void anOldSecretEndsAndItsKeyLivesOnWithTheCurrentOne() throws Exception {
        try (Notifications notifications = new Notifications()) {
            JsonNode answer = Gateway.succeeds(about(old, detail -> {}));

            assertEquals("Old secret revoked", answer.get("message").textValue());
            assertTrue(answer.get("known").booleanValue());
            assertEquals(0, answer.get("deleted").intValue());
            assertEquals(1, notifications.about(account).size());
        }
        assertEquals(new BigDecimal("9.000000"), spend(current));
        assertRefused(old, "PK001");
        Api.lookup(account, key).then().statusCode(200).body("is_active", equalTo(true)).body("overlap_until", nullValue());
        assertEquals(2, Accounts.keys(account));
        assertEquals(new BigDecimal("70.000000"), Accounts.balance(account));
    }

    @Test
    void theReceiptOfAnOldSecretNamesItsKeyAndNothingCanBeRecreatedFromIt() {
        ObjectNode event = about(old, detail -> {});
        JsonNode answer = Gateway.succeeds(event);
        assertEquals(answer, Gateway.succeeds(event), "delivered again");

        JsonNode receipts = Api.json(Api.receipts(account, ""));
        assertEquals(1, receipts.size());
        assertEquals(answer.get("revocation_id"), receipts.get(0).get("revocation_id"));
        assertEquals("old_secret", receipts.get(0).get("operation").textValue());
        assertEquals(key, receipts.get(0).get("key").textValue());
        assertEquals(0, receipts.get(0).get("deleted").intValue());
        String receipt = answer.get("revocation_id").textValue();
        assertEquals(0, Api.json(Api.receipts(account, "?id=" + receipt)).get("keys").size());
        Api.recreate(account, receipt).then().body("recreated", anyOf(nullValue(), equalTo(0)));
        Api.recreate(account, receipt, List.of(key)).then().statusCode(422);
        assertEquals(2, Accounts.keys(account));
        assertEquals(new BigDecimal("70.000000"), Accounts.balance(account));
    }

    @Test
    void anOldSecretEndsAlsoIfTheAlertSuspends() {
        assertEquals("Old secret revoked", Gateway.succeeds(about(old, detail -> detail.put("action", "suspend"))).get("message")
                .textValue());

        assertEquals(new BigDecimal("9.000000"), spend(current));
        assertRefused(old, "PK001");
    }

    @ParameterizedTest
    @ValueSource(booleans = { true, false })
    void itsKeyOrItsCurrentSecretInTheSameIncidentIsAnotherAlert(boolean byHash) {
        Gateway.succeeds(about(old, detail -> detail.put("incident_id", "i")));

        JsonNode answer = Gateway.succeeds(byHash ? about(current, detail -> detail.put("incident_id", "i"))
                : Gateway.keyAlert(detail -> detail.put("key", key).put("incident_id", "i")));

        assertEquals(1, answer.get("deleted").intValue());
        assertEquals(2, Accounts.receipts(account));
        assertEquals(1, Accounts.keys(account));
    }

    @Test
    void afterTheOverlapAnOldSecretIsUnknownAndItsKeyLivesOn() {
        database.execute("UPDATE proxy_key SET previous_valid_until = clock_timestamp() WHERE id = ?", key);

        assertEquals("{\"message\":\"No such proxy key\",\"known\":false,\"deleted\":0}", Gateway.succeeds(about(old, detail -> {}))
                .toString());

        assertEquals(new BigDecimal("9.000000"), spend(current));
        assertEquals(0, Accounts.receipts(account));
    }

    @Test
    void withTheScopeAccountTheKeyOfAnOldSecretGoesToo() {
        ObjectNode event = about(old, detail -> detail.put("scope", "account"));
        JsonNode answer = Gateway.succeeds(event);

        assertEquals(2, answer.get("deleted").intValue());
        assertEquals(answer, Gateway.succeeds(event), "delivered again");
        assertEquals(1, Accounts.receipts(account));
        assertEquals(0, Accounts.keys(account));
        assertEquals(new BigDecimal("100.000000"), Accounts.balance(account));
        assertRefused(current, "PK001");
        assertRefused(old, "PK001");
    }

    @Test
    void withTheScopeAccountTheKeyOfAnOldSecretIsSuspendedTooAndResumedWithTheCurrentOneOnly() {
        JsonNode answer = Gateway.succeeds(about(old, detail -> detail.put("scope", "account").put("action", "suspend")));

        assertEquals(2, answer.get("suspended").intValue());
        assertRefused(current, "PK002");
        assertRefused(old, "PK001");
        Api.resume(account, answer.get("suspension_id").textValue()).then().statusCode(200).body("resumed", equalTo(2));
        spend(current);
        assertRefused(old, "PK001");
    }

    @ParameterizedTest
    @CsvSource({ "delete,PK001", "suspend,PK002" })
    void anAlertAboutTheCurrentSecretStopsBoth(String action, String state) {
        Gateway.succeeds(about(current, detail -> detail.put("action", action)));

        assertRefused(current, state);
        assertRefused(old, state);
        Accounts.spend(account, "sibling", "1");
    }

    private BigDecimal spend(String secret) {
        return database.one(BigDecimal.class, "SELECT spend_credits(sha256(?::bytea), 1)", secret);
    }

    private void assertRefused(String secret, String state) {
        Throwable refused = assertThrows(IllegalStateException.class, () -> spend(secret)).getCause();
        assertEquals(state, ((SQLException) refused).getSQLState(), refused.toString());
    }

    private ObjectNode about(String secret, Consumer<ObjectNode> change) {
        return Gateway.keyAlert(detail -> change.accept(detail.put("key_sha256", database.one(String.class,
                "SELECT encode(sha256(?::bytea), 'hex')",
                secret))));
    }
}
