package io.proxykeys.operation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.proxykeys.harness.Accounts;
import io.proxykeys.harness.Api;
import io.proxykeys.harness.Gateway;
import io.proxykeys.harness.Harness;
import io.proxykeys.harness.Postgres;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Who did it: {@code sub} of the token, in receipts and suspensions. Where the account is another, see {@code OrganisationTest}. */
@QuarkusTest
@WithTestResource(Harness.class)
class SubjectTest {

    private final Postgres database = Postgres.shared();
    private final String account = Accounts.open("250");

    @Test
    void everyReceiptOfACallNamesTheOneWhoActed() {
        List<String> ids = Accounts.createFiveKeys(account);
        Api.remove(account, ids.get(0)).then().statusCode(200);
        Api.removeAll(account, ids.subList(1, 3)).then().statusCode(200);
        String last = Api.json(Api.deleteAll(account)).get("revocation_id").textValue();

        JsonNode receipts = Api.json(Api.receipts(account, ""));

        assertEquals(List.of(account, account, account), receipts.findValuesAsText("subject"));
        assertEquals(account, Api.json(Api.as(account).get(Api.PROXY + "/revocation?id=" + last)).get("subject").textValue());
        assertEquals(List.of("test-client", "test-client", "test-client"), receipts.findValuesAsText("requested_by"));
    }

    @Test
    void aSuspensionNamesTheOneWhoActed() {
        Api.suspend(account, "").then().statusCode(200);

        assertEquals(List.of(account + "|test-client|"), database.rows("SELECT subject, requested_by FROM suspension WHERE account_id = ?",
                account));
    }

    @Test
    void anAlertHasNoSubject() {
        Gateway.invoke(Gateway.alert(account, "alert-" + account, Instant.now()));

        assertTrue(Api.json(Api.receipts(account, "")).get(0).get("subject").isNull());
    }
}
