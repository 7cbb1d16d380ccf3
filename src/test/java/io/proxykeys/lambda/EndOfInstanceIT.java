package io.proxykeys.lambda;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import io.proxykeys.harness.Accounts;
import io.proxykeys.harness.Gateway;
import io.proxykeys.harness.Issuer;
import io.proxykeys.harness.NativeFunction;
import io.proxykeys.harness.Postgres;
import java.sql.Connection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Lambda ends an instance with SIGTERM where an extension is registered: that is no failure. */
class EndOfInstanceIT {

    private static final Issuer ISSUER = Issuer.shared();

    @Test
    void anInstanceThatWasNeverCalledEndsWithoutAWord() {
        try (NativeFunction function = start()) {
            function.terminate();

            function.awaitExit();
            assertEquals(List.of(), linesAboveInfo(function));
        }
    }

    @Test
    void soDoesOneThatWaitsForItsNextCall() throws Exception {
        try (NativeFunction function = start()) {
            assertEquals(200, function.invoke(Gateway.deleteAll(ISSUER.token(Accounts.open("1")))).status());
            function.terminate();

            function.awaitExit();
            assertEquals(List.of(), linesAboveInfo(function));
        }
    }

    @Test
    void aCallInFlightIsFinishedAndAnswered() throws Exception {
        String account = Accounts.open("250");
        Accounts.createFiveKeys(account);
        try (NativeFunction function = start(); Connection other = Postgres.shared().connect()) {
            other.setAutoCommit(false);
            Postgres.one(other, String.class, "SELECT id FROM account WHERE id = ? FOR UPDATE", account);
            CompletableFuture<Gateway.Result> answer = function.invokeAsync(Gateway.deleteAll(ISSUER.token(account)));
            Postgres.shared().awaitWaitingForALock(Postgres.FUNCTION_USER);

            function.terminate();
            // It has begun to end, and does not.
            Thread.sleep(500);
            other.rollback();

            assertEquals(200, answer.get(20, TimeUnit.SECONDS).status());
            assertEquals(5, answer.join().json().get("deleted").intValue());
            function.awaitExit();
            assertEquals(List.of(), linesAboveInfo(function));
        }
    }

    private static NativeFunction start() {
        return NativeFunction.start(NativeFunction.environment(Postgres.shared().port(), ISSUER.keyServer().location())).awaitFirstPoll();
    }

    private static List<JsonNode> linesAboveInfo(NativeFunction function) {
        return function.log().stream().filter(line -> !List.of("INFO", "DEBUG", "TRACE").contains(line.path("level").asText())).toList();
    }
}
