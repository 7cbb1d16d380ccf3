package io.proxykeys.operation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.proxykeys.harness.Accounts;
import io.proxykeys.harness.Api;
import io.proxykeys.harness.Harness;
import io.proxykeys.harness.Postgres;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An unmodified client of this API family: reads the names it knows, manages keys by {@code key}. */
@QuarkusTest
@WithTestResource(Harness.class)
class FamilyClientTest {

    @Test
    void listsTogglesEachDeletesTheExpiredOneByOneThenAll() {
        String account = Accounts.open("250");
        List<String> ids = Accounts.createFiveKeys(account);

        JsonNode keys = Api.json(Api.list(account));
        for (JsonNode key : keys) {
            boolean toggled = Api.json(Api.toggle(account, key.get("key").textValue())).get("status").booleanValue();
            assertEquals(!key.get("is_active").booleanValue(), toggled);
        }
        List<String> deleted = new ArrayList<>();
        for (JsonNode key : keys) {
            long expires = key.get("expires_at").longValue();
            if (expires != -1 && expires <= Instant.now().getEpochSecond()) {
                assertEquals("Proxy key deleted",
                        Api.json(Api.remove(account, key.get("key").textValue())).get("message").textValue());
                deleted.add(key.get("key").textValue());
            }
        }
        JsonNode left = Api.json(Api.list(account));
        JsonNode all = Api.json(Api.deleteAll(account));

        assertEquals(List.of(ids.get(2)), deleted);
        assertEquals(4, left.size());
        assertEquals("Proxy keys deleted", all.get("message").textValue());
        assertEquals("[]", Api.list(account).asString());
        assertEquals("174.500000", Accounts.balance(account).toString());
    }

    /** The newest generation: static URLs, the key in the body, and all that it sends. */
    @ParameterizedTest
    @ValueSource(strings = { "", "/delete" })
    void createsListsLooksUpChangesTogglesRemovesAndDeletesAll(String deleteAllPath) {
        String account = Accounts.open("250");
        JsonNode created = Api.json(Api.post(account, "/create", """
                {"name":"project","expires_at":-1,"allocated_ammount":100.0,"model_whitelist":["large"],"ip_whitelist":["10.0.0.0/8"],
                 "limit_type":"daily"}""").then().statusCode(200).extract().response());
        assertEquals("0.000000", created.get("used_ammount").decimalValue().toPlainString());
        assertTrue(created.get("last_used").isNull());
        String credential = created.get("key").textValue();
        Postgres.shared().execute("SELECT spend_credits(sha256(?::bytea), 1)", credential);
        Api.post(account, "/create", "{\"name\":\"other\",\"expires_at\":-1,\"allocated_ammount\":50}").then().statusCode(200);

        JsonNode listed = Api.json(Api.list(account));
        assertEquals(2, listed.size());
        // Whether it is named by what the creation or the list called its key.
        for (String key : List.of(credential, listed.get(0).get("key").textValue())) {
            assertEquals(listed.get(0), Api.json(Api.lookup(account, key)));
            assertEquals("Proxy key updated", Api.json(Api.post(account, "/update", "{\"proxy_key\":\"" + key + """
                    ","name":"renamed","expires_at":4102444800,"allocated_ammount":120,"limit_type":"daily"}""")).get("message")
                    .textValue());
            assertEquals("Proxy key updated", Api.json(Api.post(account, "/update", "{\"proxy_key\":\"" + key + """
                    ","name":"project","expires_at":-1,"allocated_ammount":100}""")).get("message").textValue());
            assertFalse(Api.json(Api.toggle(account, key)).get("status").booleanValue());
            assertTrue(Api.json(Api.toggle(account, key)).get("status").booleanValue());
        }
        assertEquals("Proxy key deleted", Api.json(Api.remove(account, credential)).get("message").textValue());
        Api.lookup(account, credential).then().statusCode(404);

        assertEquals("Proxy keys deleted", Api.json(Api.as(account).delete(Api.PROXY + deleteAllPath)).get("message").textValue());
        assertEquals("Proxy keys deleted", Api.json(Api.as(account).delete(Api.PROXY + deleteAllPath)).get("message").textValue());
        assertEquals("[]", Api.list(account).asString());
        assertEquals("249.000000", Accounts.balance(account).toString());
    }
}
