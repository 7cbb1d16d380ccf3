package io.proxykeys.operation.resume;

import static org.hamcrest.Matchers.equalTo;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.proxykeys.harness.Accounts;
import io.proxykeys.harness.Api;
import io.proxykeys.harness.Harness;
import io.proxykeys.harness.Issuer;
import io.proxykeys.harness.Notifications;
import io.proxykeys.harness.Postgres;
import io.proxykeys.harness.WireTap.Fault;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code POST /v1/auth/proxy/resume}: enables what a suspension has disabled; what else has touched a key stays as that left it. */
@QuarkusTest
@WithTestResource(Harness.class)
class ResumeTest {

    private final Postgres database = Postgres.shared();
    private final String account = Accounts.open("250");
    private List<String> ids;
    private String suspension;

    @BeforeEach
    void suspendAllKeys() {
        ids = Accounts.createFiveKeys(account);
        suspension = suspendAll();
    }

    @AfterEach
    void healTheWire() {
        Harness.tap().reset();
    }

    @Test
    void whatWasActiveIsActiveAgainAndNothingElse() throws Exception {
        try (Notifications notifications = new Notifications()) {
            Response response = Api.resume(account, suspension);

            assertEquals("{\"message\":\"Proxy keys resumed\",\"resumed\":4,\"skipped\":0,\"remaining\":0}",
                    response.then().statusCode(200).extract().asString());
            assertEquals(1, notifications.about(account).size());
        }
        Api.list(account).then().body("is_active", equalTo(List.of(true, true, true, false, true)));
        Accounts.spend(account, "unused", "1");
        assertThrows(IllegalStateException.class, () -> Accounts.spend(account, "expired", "1"), "an expiry is not lifted");
        assertEquals(List.of("4|t|"), database.rows(
                "SELECT keys_resumed, resumed_at >= suspended_at FROM suspension WHERE id = ?", UUID.fromString(suspension)));
        assertEquals(0, Accounts.receipts(account));
    }

    @Test
    void againNothingIsResumedAndNobodyTold() throws Exception {
        Api.resume(account, suspension).then().statusCode(200);
        try (Notifications notifications = new Notifications()) {
            Api.resume(account, suspension).then().statusCode(200).body("resumed", equalTo(0)).body("remaining", equalTo(0));

            assertEquals(List.of(), notifications.about(account));
        }
        assertEquals(4L, database.one(Integer.class, "SELECT keys_resumed FROM suspension WHERE id = ?", UUID.fromString(suspension))
                .longValue());
    }

    @Test
    void aDeletedKeyIsSkippedAndNotRevived() {
        Api.remove(account, ids.get(0)).then().statusCode(200);
        Api.removeAll(account, ids.subList(1, 2)).then().statusCode(200);

        Api.resume(account, suspension).then().statusCode(200).body("resumed", equalTo(2)).body("skipped", equalTo(2));

        assertEquals(3, Accounts.keys(account));
        assertEquals("174.500000", Accounts.unspent(account).toString());
    }

    @Test
    void afterADeletionOfAllNothingIsThereToResume() {
        Api.deleteAll(account).then().statusCode(200);

        Api.resume(account, suspension).then().statusCode(200).body("resumed", equalTo(0)).body("skipped", equalTo(4));

        assertEquals(0, Accounts.keys(account));
    }

    @ParameterizedTest
    @ValueSource(booleans = { true, false })
    void aToggleAlsoToThePresentStateTakesAKeyOut(boolean state) {
        Api.toggle(account, ids.get(0), state).then().statusCode(200).body("status", equalTo(state));

        Api.resume(account, suspension).then().statusCode(200).body("resumed", equalTo(3)).body("skipped", equalTo(1));

        assertEquals(state, active(ids.get(0)), "the toggle is what counts");
    }

    @Test
    void aKeyThatWasDisabledBeforeStaysDisabled() {
        Api.toggle(account, ids.get(3), false).then().statusCode(200);

        Api.resume(account, suspension).then().statusCode(200).body("resumed", equalTo(4)).body("skipped", equalTo(0));

        assertEquals(false, active(ids.get(3)));
    }

    @Test
    void anUpdateAndARotationTakeNoKeyOut() {
        Api.update(account, ids.get(0), "\"name\":\"other\",\"allocated_ammount\":90").then().statusCode(200);
        Api.rotate(account, ids.get(1), 600).then().statusCode(200);
        assertThrows(IllegalStateException.class, () -> Accounts.spend(account, "unused", "1"), "the old secret is suspended, too");

        Api.resume(account, suspension).then().statusCode(200).body("resumed", equalTo(4)).body("skipped", equalTo(0));

        Accounts.spend(account, "unused", "1");
    }

    @Test
    void aKeyCreatedSinceIsLeftAlone() {
        database.execute("UPDATE account SET balance = 10 WHERE id = ?", account);
        String key = Accounts.createKey(account, "new", "10");
        Api.toggle(account, key, false).then().statusCode(200);

        Api.resume(account, suspension).then().statusCode(200).body("resumed", equalTo(4));

        assertEquals(false, active(key));
    }

    @Test
    void aKeyWrittenByHandIsLeftAsItIs() {
        database.execute("UPDATE proxy_key SET is_active = true WHERE id = ?", ids.get(0));
        database.execute("UPDATE proxy_key SET is_active = false WHERE id = ?", ids.get(0));

        Api.resume(account, suspension).then().statusCode(200).body("resumed", equalTo(3)).body("skipped", equalTo(1));

        assertEquals(false, active(ids.get(0)));
    }

    @Test
    void anotherAccountsOrAnUnknownSuspensionIsNotFound() {
        String other = Accounts.open("1");
        List<String> before = Accounts.everything(account);

        Api.resume(other, suspension).then().statusCode(404).header("Content-Type", equalTo("application/problem+json"));
        Api.resume(other, UUID.randomUUID().toString()).then().statusCode(404);
        Api.resume("nobody", suspension).then().statusCode(401);

        assertEquals(before, Accounts.everything(account));
    }

    @ParameterizedTest
    @ValueSource(strings = { "{}", "{\"suspension_id\":null}", "{\"suspension_id\":\"x\"}", "{\"suspension_id\":7}",
            "{\"suspension_id\":[]}",
            "{\"suspension_id\":\"0198c1f2-0000-7000-8000-000000000000\",\"all\":true}",
            "{\"revocation_id\":\"0198c1f2-0000-7000-8000-000000000000\"}" })
    void aBodyThatIsNotUnderstoodIsRefused(String body) {
        Api.post(account, "/resume", body).then().statusCode(422);
    }

    @Test
    void theScopeToWriteABodyAndNoQueryAreNeeded() {
        Api.with(Issuer.shared().token(account, String.join(" ", Issuer.READ, Issuer.DELETE, Issuer.CREATE))).post(Api.PROXY + "/resume")
                .then().statusCode(403);
        Api.post(account, "/resume?status=suspended", "{\"suspension_id\":\"" + suspension + "\"}").then().statusCode(400);
        Api.post(account, "/resume", "[]").then().statusCode(400);
        Api.as(account).contentType("text/plain").body("{}").post(Api.PROXY + "/resume").then().statusCode(415);
        Api.post(account, "/resume", " ".repeat(8193)).then().statusCode(413);
        assertEquals(0L, database.one(Long.class, "SELECT count(*) FROM proxy_key WHERE account_id = ? AND is_active", account));
    }

    @Test
    void whenTheAnswerToCommitIsLostNothingIsResumedTwice() {
        Harness.tap().fault(Fault.LOSE_COMMIT_ANSWER);

        Response response = Api.resume(account, suspension);

        assertEquals(true, List.of(200, 503).contains(response.statusCode()), response.asString());
        assertEquals(4L, database.one(Long.class, "SELECT count(*) FROM proxy_key WHERE account_id = ? AND is_active", account));
        assertEquals(4L, database.one(Integer.class, "SELECT keys_resumed FROM suspension WHERE id = ?", UUID.fromString(suspension))
                .longValue());
    }

    @Test
    void aCallResumesAHundredThousandKeysAndTheNextOneTheRest() {
        database.execute("""
                WITH more AS (
                    INSERT INTO proxy_key (id, account_id, name, secret_hash, allocated, is_active, suspended_by)
                    SELECT 'ek-proxy-' || gen_random_uuid(), s.account_id, 'many', sha256(gen_random_uuid()::text::bytea), 0, false, s.id
                      FROM suspension s, generate_series(1, 100000) WHERE s.id = ?::uuid)
                UPDATE suspension SET keys_suspended = keys_suspended + 100000 WHERE id = ?::uuid""", suspension, suspension);

        Api.resume(account, suspension).then().statusCode(200).body("resumed", equalTo(100_000)).body("skipped", equalTo(0))
                .body("remaining", equalTo(4));
        assertEquals(List.of("100000|f|"), progress());
        Api.resume(account, suspension).then().statusCode(200).body("resumed", equalTo(4)).body("remaining", equalTo(0));
        assertEquals(List.of("100004|t|"), progress());
        Api.resume(account, suspension).then().statusCode(200).body("resumed", equalTo(0)).body("remaining", equalTo(0));

        assertEquals(100_004L, database.one(Long.class, "SELECT count(*) FROM proxy_key WHERE account_id = ? AND is_active", account));
    }

    @Test
    void aResumptionTakesFourRoundTripsOnAWarmConnection() {
        Api.resume(account, suspension).then().statusCode(200);
        String second = suspendAll();
        Harness.tap().reset();

        Api.resume(account, second).then().statusCode(200).body("resumed", equalTo(4));

        assertEquals(4, Harness.tap().roundTrips());
    }

    private String suspendAll() {
        return Api.json(Api.suspend(account, "").then().statusCode(200).extract().response()).get("suspension_id").textValue();
    }

    private List<String> progress() {
        return database.rows("SELECT keys_resumed, resumed_at IS NOT NULL FROM suspension WHERE id = ?", UUID.fromString(suspension));
    }

    private boolean active(String key) {
        return database.one(Boolean.class, "SELECT is_active FROM proxy_key WHERE id = ?", key);
    }
}
