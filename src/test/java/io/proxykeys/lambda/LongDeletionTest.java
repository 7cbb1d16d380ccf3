package io.proxykeys.lambda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.RequestHandler;
import com.amazonaws.services.lambda.runtime.events.APIGatewayV2HTTPEvent;
import com.amazonaws.services.lambda.runtime.events.APIGatewayV2HTTPResponse;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.proxykeys.harness.Accounts;
import io.proxykeys.harness.Api;
import io.proxykeys.harness.Gateway;
import io.proxykeys.harness.Harness;
import io.proxykeys.harness.Postgres;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import jakarta.enterprise.inject.Any;
import jakarta.inject.Inject;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A deletion may take as long as the invocation that carries it out. What the server does at its end is done by a trigger. */
@QuarkusTest
@WithTestResource(Harness.class)
class LongDeletionTest {

    private final Postgres database = Postgres.shared();
    private final String account = Accounts.open("250");

    @Inject
    @Any
    RequestHandler<APIGatewayV2HTTPEvent, APIGatewayV2HTTPResponse> entry;

    @Inject
    ObjectMapper json;

    @AfterEach
    void dropTheTrigger() {
        database.execute("DROP TRIGGER at_the_end ON revocation");
        database.execute("DROP FUNCTION at_the_end");
    }

    @Test
    void aCallHasTheTimeThatTheGatewayWaits() {
        Accounts.createFiveKeys(account);
        atTheEnd("PERFORM pg_sleep(20)");

        Api.deleteAll(account).then().statusCode(200);

        assertEquals(0, Accounts.keys(account));
    }

    @ParameterizedTest
    @ValueSource(strings = { Api.PROXY, Api.PROXY + "/delete" })
    void whatACallHasNoTimeForIsDeletedByAnAlertAndTheAnswerSaysHow(String path) {
        Accounts.createFiveKeys(account);
        List<String> before = Accounts.everything(account);
        atTheEnd("RAISE EXCEPTION 'canceling statement due to statement timeout' USING ERRCODE = 'query_canceled'");

        Response answer = Api.as(account).delete(path);

        assertEquals(503, answer.statusCode());
        String detail = Api.json(answer).get("detail").textValue();
        for (String part : List.of("Nothing was changed", "alert", "proxy-keys.security", "Account Compromised", "account_id")) {
            assertTrue(detail.contains(part), detail);
        }
        assertEquals(before, Accounts.everything(account));
    }

    /** The receipt tells what bounds the statement that writes it. */
    @Test
    void anAlertHasAsLongAsItsInvocation() throws Exception {
        Accounts.createFiveKeys(account);
        atTheEnd("new.reason := current_setting('statement_timeout') || ' ' || current_setting('lock_timeout')");

        handle(Gateway.alert(account, UUID.randomUUID().toString(), Instant.now()), Duration.ofMinutes(15));
        String[] bounds = receipt().split(" ", 2);

        int statement = Integer.parseInt(bounds[0].replace("ms", ""));
        assertTrue(statement > 890_000 && statement < 898_000, bounds[0]);
        assertEquals("30s", bounds[1], "as long as a call can hold the account");
        assertEquals(0, Accounts.keys(account));
    }

    @Test
    void whatAnAlertWasGivenIsNotTheNextCalls() throws Exception {
        atTheEnd("new.reason := current_setting('statement_timeout') || ' ' || current_setting('lock_timeout')");
        handle(Gateway.alert(Accounts.open("1"), UUID.randomUUID().toString(), Instant.now()), Duration.ofMinutes(15));

        Api.deleteAll(account).then().statusCode(200);

        assertEquals("25s 5s", receipt());
    }

    private String receipt() {
        return database.one(String.class, "SELECT reason FROM revocation WHERE account_id = ?", account);
    }

    private void atTheEnd(String statement) {
        database.execute("CREATE OR REPLACE FUNCTION at_the_end() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN " + statement
                + "; RETURN new; END $$");
        database.execute("CREATE TRIGGER at_the_end BEFORE INSERT ON revocation FOR EACH ROW WHEN (new.account_id = '" + account
                + "') EXECUTE FUNCTION at_the_end()");
    }

    /** As the thread that polls for events does. */
    private void handle(JsonNode event, Duration timeout) throws Exception {
        long deadline = System.currentTimeMillis() + timeout.toMillis();
        entry.handleRequest(json.readValue(event.toString(), APIGatewayV2HTTPEvent.class), (Context) Proxy.newProxyInstance(
                Context.class.getClassLoader(), new Class<?>[] { Context.class }, (proxy, method, arguments) -> switch (method.getName()) {
                    case "getRemainingTimeInMillis" -> (int) (deadline - System.currentTimeMillis());
                    case "getAwsRequestId" -> "request";
                    default -> throw new UnsupportedOperationException(method.getName());
                }));
    }
}
