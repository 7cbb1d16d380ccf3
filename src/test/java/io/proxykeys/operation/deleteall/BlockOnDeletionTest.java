package io.proxykeys.operation.deleteall;

import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.startsWith;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.proxykeys.harness.Accounts;
import io.proxykeys.harness.Api;
import io.proxykeys.harness.Harness;
import io.proxykeys.harness.Postgres;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code DELETE /v1/auth/proxy?block_new_keys_seconds=}: a stolen token cannot undo the revocation. */
@QuarkusTest
@WithTestResource(Harness.class)
class BlockOnDeletionTest {

    private final String account = Accounts.open("250");

    @ParameterizedTest
    @ValueSource(strings = { "/v1/auth/proxy", "/v1/auth/proxy/delete" })
    void everyKeyGoesAndNoneComes(String path) {
        Accounts.createFiveKeys(account);
        String receipt = Api.json(Api.as(account).delete(path + "?block_new_keys_seconds=900").then().statusCode(200)
                .body("deleted", equalTo(5)).extract().response()).get("revocation_id").textValue();

        blocked(Api.create(account, "key", "1"), 900);
        blocked(Api.recreate(account, receipt), 900);

        assertEquals(0, Accounts.keys(account));
        assertEquals(900, Postgres.shared().one(Integer.class, "SELECT block_seconds FROM revocation WHERE id = ?::uuid", receipt));
    }

    @Test
    void withAFilterOnlySomeGo() {
        Accounts.createFiveKeys(account);
        Postgres.shared().execute("UPDATE proxy_key SET is_active = name <> 'staging' WHERE account_id = ?", account);
        int inactive = Postgres.shared().one(Long.class, "SELECT count(*) FROM proxy_key WHERE account_id = ? AND NOT is_active", account)
                .intValue();

        delete("status=inactive&block_new_keys_seconds=60").then().statusCode(200).body("deleted", equalTo(inactive));

        blocked(Api.create(account, "key", "1"), 60);
        assertEquals(5 - inactive, Accounts.keys(account));
    }

    @Test
    void zeroBlocksNothing() {
        delete("block_new_keys_seconds=0").then().statusCode(200);

        Api.create(account, "key", "1").then().statusCode(200);
    }

    @Test
    void aBlockIsNeverShortened() {
        delete("block_new_keys_seconds=3600").then().statusCode(200);
        delete("block_new_keys_seconds=1").then().statusCode(200);
        delete("").then().statusCode(200);

        blocked(Api.create(account, "key", "1"), 3600);
    }

    @ParameterizedTest
    @ValueSource(strings = { "block_new_keys_seconds=3601", "block_new_keys_seconds=060", "block_new_keys_seconds=1&status=all",
            "status=all&block_new_keys_seconds=1" })
    void aTypoDeletesAndBlocksNothing(String query) {
        Accounts.createFiveKeys(account);
        List<String> before = Accounts.everything(account);

        delete(query).then().statusCode(400).body("detail", startsWith("The query may have, each once"));

        assertEquals(before, Accounts.everything(account));
    }

    @Test
    void aPreviewDoesNotKnowIt() {
        Api.preview(account, "?block_new_keys_seconds=0").then().statusCode(400);
    }

    @Test
    void anIdempotencyKeyStandsForTheBlockToo() {
        String query = "status=expired&block_new_keys_seconds=60";
        String first = repeatable(query).then().statusCode(200).extract().asString();

        assertEquals(first, repeatable(query).then().statusCode(200).header("Idempotency-Replayed", equalTo("true")).extract().asString());
        repeatable("status=expired&block_new_keys_seconds=61").then().statusCode(422);
        repeatable("status=expired").then().statusCode(422);
        repeatable("block_new_keys_seconds=60").then().statusCode(422);
    }

    @Test
    void noBlockAndABlockOfNothingAreTheSame() {
        repeatable("").then().statusCode(200);

        repeatable("block_new_keys_seconds=0").then().statusCode(200).header("Idempotency-Replayed", equalTo("true"));
    }

    private Response delete(String query) {
        return Api.as(account).delete("/v1/auth/proxy" + (query.isEmpty() ? "" : "?" + query));
    }

    private Response repeatable(String query) {
        return Api.as(account).header("Idempotency-Key", "incident").delete("/v1/auth/proxy" + (query.isEmpty() ? "" : "?" + query));
    }

    private static void blocked(Response answer, int seconds) {
        assertEquals(409, answer.statusCode(), answer.asString());
        int wait = Integer.parseInt(answer.header("Retry-After"));
        assertTrue(wait > seconds - 20 && wait <= seconds, "Retry-After: " + wait);
    }
}
