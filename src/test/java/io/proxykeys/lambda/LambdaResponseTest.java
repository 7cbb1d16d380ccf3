package io.proxykeys.lambda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.amazonaws.services.lambda.runtime.events.APIGatewayV2HTTPResponse;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.proxykeys.harness.Api;
import io.proxykeys.harness.RuntimeApi;
import io.proxykeys.harness.Texts;
import io.proxykeys.http.Response;
import io.proxykeys.json.JsonText;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** How a response is written, and how long that is. */
class LambdaResponseTest {

    private static final ObjectMapper JSON = new ObjectMapper().addMixIn(APIGatewayV2HTTPResponse.class, LambdaResponse.WrittenByUs.class);

    @Test
    void aBodyTakesAsManyBytesAsWereCounted() throws JsonProcessingException {
        Texts texts = new Texts(1);
        int around = written("").length;
        for (int i = 0; i < 2_000; i++) {
            String text = texts.next(i % 50 == 0 ? 10_000 : i % 40) + (i % 7 == 0 ? "\ud83d" : "");
            String body = JsonText.of(json -> json.writeStringField("text", text));

            byte[] written = written(body);

            assertEquals(around + JsonText.bytesInString(body), written.length, body);
            assertEquals(body, Api.json(new String(written, StandardCharsets.UTF_8)).get("body").textValue());
        }
    }

    @Test
    void whatIsTooLongForLambdaIsRefusedAndWhatIsNotIsTaken() throws JsonProcessingException {
        String most = "\ud83d\ude00".repeat((RuntimeApi.MOST_BYTES - 32 * 1024) / 4);

        byte[] written = written(most);

        assertTrue(written.length <= RuntimeApi.MOST_BYTES && written.length > RuntimeApi.MOST_BYTES - 33 * 1024, "bytes: "
                + written.length);
        assertThrows(IllegalStateException.class, () -> written(most + "1234"));
    }

    private static byte[] written(String body) throws JsonProcessingException {
        return JSON.writeValueAsBytes(LambdaResponse.of(Response.json(body), "request"));
    }
}
