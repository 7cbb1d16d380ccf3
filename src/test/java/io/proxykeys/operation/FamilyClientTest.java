package io.proxykeys.operation;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import io.proxykeys.harness.Accounts;
import io.proxykeys.harness.Api;
import io.proxykeys.harness.Harness;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

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
}
