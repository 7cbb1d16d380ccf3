package io.proxykeys.alert;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.proxykeys.harness.Accounts;
import io.proxykeys.harness.Gateway;
import io.proxykeys.harness.Issuer;
import io.proxykeys.harness.NativeFunction;
import io.proxykeys.harness.Postgres;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Several instances of the native function get the same alert at the same moment, as at-least-once delivery may have it. */
class AlertInstancesIT {

    private static final int DELIVERIES = 10;

    @Test
    void whateverTheyAreToldOnceTheyDoOnce() {
        String account = Accounts.open("100");
        String key = Accounts.createKey(account, "leaked", "10");
        Accounts.createKey(account, "sibling", "20");
        ObjectNode byHash = alert();
        byHash.withObject("/detail").put("key_sha256", Postgres.shared().one(String.class, "SELECT encode(sha256(?::bytea), 'hex')",
                Accounts.secret(account, "leaked")));
        ObjectNode byIdentifier = alert();
        byIdentifier.withObject("/detail").put("key", key);
        for (ObjectNode event : List.of(byHash, byIdentifier)) {
            event.withObject("/detail").put("incident_id", "of " + account);
        }

        Set<JsonNode> answers;
        try (NativeFunction one = start(); NativeFunction two = start()) {
            List<CompletableFuture<Gateway.Result>> calls = new ArrayList<>();
            for (int i = 0; i < DELIVERIES; i++) {
                CompletableFuture<Gateway.Result> first = one.invokeAsync(byHash);
                CompletableFuture<Gateway.Result> second = two.invokeAsync(byIdentifier);
                CompletableFuture.allOf(first, second).join();
                calls.addAll(List.of(first, second));
            }
            answers = calls.stream().map(CompletableFuture::join).map(result -> {
                assertFalse(result.functionError(), result.payload().toString());
                return result.payload();
            }).collect(Collectors.toSet());
        }

        assertEquals(1, answers.size(), answers.toString());
        assertEquals(1, Accounts.receipts(account));
        assertEquals(1, Accounts.keys(account));
        assertEquals("80.000000", Accounts.balance(account).toString());
    }

    private static ObjectNode alert() {
        ObjectNode event = Gateway.alert("", UUID.randomUUID().toString(), Instant.now()).put("detail-type", "Proxy Key Compromised");
        event.putObject("detail");
        return event;
    }

    private static NativeFunction start() {
        return NativeFunction.start(NativeFunction.environment(Postgres.shared().port(), Issuer.shared().keyServer().location()))
                .awaitFirstPoll();
    }
}
