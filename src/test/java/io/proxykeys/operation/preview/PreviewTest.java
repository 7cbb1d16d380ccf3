package io.proxykeys.operation.preview;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.proxykeys.harness.Accounts;
import io.proxykeys.harness.Api;
import io.proxykeys.harness.Gateway;
import io.proxykeys.harness.Harness;
import io.proxykeys.harness.Issuer;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code GET /v1/auth/proxy/preview} */
@QuarkusTest
@WithTestResource(Harness.class)
class PreviewTest {

    @ParameterizedTest
    @ValueSource(strings = { "", "?status=expired", "?status=inactive", "?status=never_used" })
    void aPreviewSaysWhatTheDeletionThenTakesAndChangesNothing(String query) {
        String account = Accounts.open("250");
        Accounts.createFiveKeys(account);
        List<String> before = Accounts.everything(account);

        Response preview = Api.preview(account, query);
        assertEquals(before, Accounts.everything(account));
        JsonNode deletion = Api.json(Api.as(account).delete(Api.PROXY + query));

        assertEquals("{\"would_delete\":" + deletion.get("deleted") + ",\"credits_to_return\":"
                + deletion.get("credits_returned").decimalValue().toPlainString() + ",\"balance\":"
                + deletion.get("balance").decimalValue().subtract(deletion.get("credits_returned").decimalValue()).toPlainString() + "}",
                preview.then().statusCode(200).extract().asString());
        assertTrue(deletion.get("deleted").intValue() > 0);
    }

    @Test
    void aPreviewOfNothingIsZero() {
        assertEquals("{\"would_delete\":0,\"credits_to_return\":0.000000,\"balance\":1.000000}", Api.preview(Accounts.open("1"), "")
                .asString());
        Api.preview("nobody", "").then().statusCode(401);
    }

    @ParameterizedTest
    @ValueSource(strings = { "status=all", "status=", "status=expired&status=expired", "x=1", "status=Expired" })
    void aPreviewRefusesTheQueriesThatTheDeletionRefuses(String query) {
        Gateway.Result result = Gateway.invoke(Gateway.event("GET", Api.PROXY + "/preview", query,
                Map.of("authorization", "Bearer " + Issuer.shared().token(Accounts.open("1")))));
        assertEquals(400, result.status());
    }

    @Test
    void aPreviewTakesOneRoundTripOnAWarmConnection() {
        String account = Accounts.open("250");
        Accounts.createFiveKeys(account);
        Api.preview(account, "");
        Harness.tap().reset();

        Api.preview(account, "").then().statusCode(200);

        assertEquals(1, Harness.tap().roundTrips());
    }

    @Test
    void oddValuesDoNotBreakThePreview() {
        String account = Accounts.open("10");
        Accounts.createOddKeys(account);

        assertEquals(1, Api.json(Api.preview(account, "?status=expired")).get("would_delete").intValue());
        assertEquals(2, Api.json(Api.preview(account, "")).get("would_delete").intValue());
    }
}
