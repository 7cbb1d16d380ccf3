package io.proxykeys.github;

import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.nullValue;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.proxykeys.harness.Accounts;
import io.proxykeys.harness.Api;
import io.proxykeys.harness.Gateway;
import io.proxykeys.harness.Github;
import io.proxykeys.harness.Harness;
import io.proxykeys.harness.Issuer;
import io.proxykeys.harness.Postgres;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code POST /v1/auth/proxy/leaks/github} */
@QuarkusTest
@WithTestResource(Harness.class)
class GithubReportTest {

    private static final int MEBIBYTE = 1024 * 1024;
    private static final Github GITHUB = Github.shared();

    private final Postgres database = Postgres.shared();
    private final String account = Accounts.open("100");
    private final String secret = secretOf("leaked");
    private final String sibling = secretOf("sibling");

    @Test
    void aReportedKeyIsDeadItsCreditsAreBackAndItsSiblingLives() {
        Gateway.Result answer = Gateway.invoke(GITHUB.event(Github.report(secret)));

        assertEquals(200, answer.status(), answer.body());
        assertEquals(feedback(secret, "true_positive"), answer.json());
        assertEquals(1, Accounts.keys(account));
        assertEquals(new BigDecimal("90.000000"), Accounts.balance(account));
        assertEquals(List.of("alert|one|github|github|https://github.com/octocat/example/blob/main/a.env|1|10.000000|"), database.rows("""
                SELECT trigger, operation, requested_by, reported_by, url, keys_deleted, credits_returned FROM revocation
                 WHERE account_id = ?""", account));
        JsonNode receipt = Api.json(Api.receipts(account, "")).get(0);
        assertEquals("github", receipt.get("reported_by").textValue());
        assertEquals("https://github.com/octocat/example/blob/main/a.env", receipt.get("url").textValue());
    }

    @Test
    void theSameReportAgainChangesNothingAndSaysTheSame() {
        ObjectNode report = GITHUB.event(Github.report(secret));
        String first = Gateway.invoke(report).body();
        List<String> before = Accounts.everything(account);

        assertEquals(first, Gateway.invoke(report).body());
        assertEquals(before, Accounts.everything(account));
    }

    @Test
    void eachTokenIsAnsweredOnceInTheOrderOfItsFirstAppearance() {
        String unknown = "ek-proxy-sk-never-a-key-" + account;

        Gateway.Result answer = Gateway.invoke(GITHUB.event(Github.report(unknown, secret, unknown, sibling, secret)));

        ArrayNode expected = Api.JSON.createArrayNode();
        expected.addAll(feedback(unknown, "false_positive")).addAll(feedback(secret, "true_positive")).addAll(feedback(sibling,
                "true_positive"));
        assertEquals(expected, answer.json());
        assertEquals(0, Accounts.keys(account));
        assertEquals(2, Accounts.receipts(account));
    }

    @Test
    void aKeyThatWasRevokedByHashBeforeWasAKey() {
        String hash = sha256(secret);
        ObjectNode alert = Gateway.alert("", UUID.randomUUID().toString(), Instant.now()).put("detail-type", "Proxy Key Compromised");
        alert.putObject("detail").put("key_sha256", hash);
        assertFalse(Gateway.invoke(alert).functionError());

        assertEquals(feedback(secret, "true_positive"), Gateway.invoke(GITHUB.event(Github.report(secret))).json());
        assertEquals(1, Accounts.receipts(account));
    }

    @ParameterizedTest
    @ValueSource(booleans = { true, false })
    void aSecretThatWasReplacedWasAKeysAndItsKeyLivesOn(boolean overlapRuns) {
        String id = Api.json(Api.lookup(account, secret)).get("key").textValue();
        String current = Api.json(Api.rotate(account, secret, 3600)).at("/keys/0/key").textValue();
        if (!overlapRuns) {
            database.execute("UPDATE proxy_key SET previous_valid_until = clock_timestamp() WHERE id = ?", id);
        }

        assertEquals(feedback(secret, "true_positive"), Gateway.invoke(GITHUB.event(Github.report(secret))).json());

        Api.lookup(account, secret).then().statusCode(404);
        Api.lookup(account, current).then().statusCode(200).body("key", equalTo(id)).body("is_active", equalTo(true))
                .body("overlap_until", nullValue());
        assertEquals(overlapRuns ? List.of("old_secret") : List.of(), Api.json(Api.receipts(account, "")).findValuesAsText("operation"));
    }

    /** Its secret was not burnt, so nothing tells it from one that never was a key. */
    @Test
    void aKeyThatWasDeletedByACallIsNone() {
        Api.remove(account, secret).then().statusCode(200);

        assertEquals(feedback(secret, "false_positive"), Gateway.invoke(GITHUB.event(Github.report(secret))).json());
        assertEquals(1, Accounts.receipts(account));
    }

    /** What could not be revoked is in the log by its hash, and is sent again by hand. */
    @Test
    void sentAgainAsAnEventItIsTheSameAlert() {
        Gateway.invoke(GITHUB.event(Github.report(secret)));
        ObjectNode alert = Gateway.alert("", UUID.randomUUID().toString(), Instant.now()).put("detail-type", "Proxy Key Compromised");
        alert.putObject("detail").put("key_sha256", sha256(secret)).put("incident_id", sha256(secret)).put("reported_by", "github");

        assertEquals(1, Gateway.invoke(alert).payload().get("deleted").intValue());
        assertEquals(1, Accounts.receipts(account));
    }

    @Test
    void aBodyInBase64IsTheSame() {
        String report = Github.report(secret).replace("proxy_key", "pr\u00f6xy \ud83d\udd11");
        ObjectNode event = GITHUB.event(report).put("isBase64Encoded", true)
                .put("body", Base64.getEncoder().encodeToString(report.getBytes(StandardCharsets.UTF_8)));

        Gateway.Result answer = Gateway.invoke(event);

        assertEquals("pr\u00f6xy \ud83d\udd11", answer.json().get(0).get("token_type").textValue());
        assertEquals(1, Accounts.keys(account));
    }

    @Test
    void aKeyThatIsNotCurrentAnyMoreCounts() {
        String report = Github.report(secret);

        assertEquals(200, Gateway.invoke(Github.event(report, "former", GITHUB.sign("former", report))).status());
    }

    @Test
    void whatGitHubHasNotSignedChangesNothing() {
        String report = Github.report(secret);
        String signature = GITHUB.sign("current", report);
        List<String> before = Accounts.everything(account);

        refused(401, Github.event(report, null, null));
        refused(401, Github.event(report, "current", null));
        refused(401, Github.event(report, null, signature));
        refused(401, Github.event(report, "current", ""));
        refused(401, Github.event(report, "current", "not base64!"));
        refused(401, Github.event(report, "current", Base64.getEncoder().encodeToString(new byte[70])));
        refused(401, Github.event(report, "former", signature));
        refused(401, Github.event(report, "unknown", signature));
        refused(401, Github.event(report, "no key", signature));
        refused(401, Github.event(report, "another curve", signature));
        refused(401, Github.event(report + " ", "current", signature));
        refused(401, Github.event(Github.report(sibling), "current", signature));
        refused(401, Github.event(report, "current", signature).put("isBase64Encoded", true));
        refused(401, Github.event(null, "current", signature));
        ObjectNode twice = Github.event(report, "current", signature);
        ((ObjectNode) twice.get("headers")).put("Github-Public-Key-Identifier", "current");
        refused(401, twice);
        // A token does not stand in for a signature.
        ObjectNode withToken = Github.event(report, null, null);
        ((ObjectNode) withToken.get("headers")).put("authorization", "Bearer " + Issuer.shared().token(account));
        refused(401, withToken);

        assertEquals(before, Accounts.everything(account));
    }

    @ParameterizedTest
    @ValueSource(strings = { "1", "null", "[]", "{}", "{\"tokn\":\"x\"}", "{\"token\":1,\"type\":\"t\"}", "{\"token\":null,\"type\":\"t\"}",
            "{\"token\":\" \",\"type\":\"t\"}", "{\"token\":[\"a\"],\"type\":\"t\"}" })
    void anOddEntryKeepsNoOtherFromBeingRevoked(String odd) {
        for (String report : List.of("[ODD,ONE,TWO]", "[ONE,ODD,TWO]", "[ONE,TWO,ODD,ODD]")) {
            String one = secretOf("one " + report.indexOf("ODD"));
            String two = secretOf("two " + report.indexOf("ODD"));
            Gateway.Result answer = Gateway.invoke(GITHUB.event(report.replace("ODD", odd).replace("ONE", entry(one))
                    .replace("TWO", entry(two))));

            ArrayNode expected = Api.JSON.createArrayNode();
            assertEquals(expected.addAll(feedback(one, "true_positive")).addAll(feedback(two, "true_positive")), answer.json());
            assertEquals(2, Accounts.keys(account));
        }
    }

    @ParameterizedTest
    @MethodSource("deepAndLongEntries")
    void anEntryOfAnyDepthAndLengthKeepsNoOtherFromBeingRevoked(String odd) {
        anOddEntryKeepsNoOtherFromBeingRevoked(odd);
    }

    static List<String> deepAndLongEntries() {
        return List.of("[".repeat(2000) + "]".repeat(2000), "1".repeat(2000), "1e99999999999", "{\"" + "n".repeat(60_000) + "\":1}");
    }

    @Test
    void aTokenWithoutTypeIsRevokedAndATypeOfAnotherEntryIsTaken() {
        Gateway.Result answer = Gateway.invoke(GITHUB.event("[{\"token\":\"" + secret + "\"},{\"token\":\"" + sibling
                + "\",\"type\":7}," + entry(secret) + "]"));

        assertEquals(200, answer.status(), answer.body());
        assertEquals(0, Accounts.keys(account));
        assertEquals("proxy_key", answer.json().get(0).get("token_type").textValue());
        assertEquals("", answer.json().get(1).get("token_type").textValue());
    }

    @ParameterizedTest
    @ValueSource(strings = { " %s", "%s\n", "\r\n\t%s \n" })
    void aTokenWithBlanksOrLineBreaksAroundItIsFound(String around) {
        Gateway.Result answer = Gateway.invoke(GITHUB.event(Github.report(around.formatted(secret), secret)));

        assertEquals(feedback(secret, "true_positive"), answer.json());
        assertEquals(1, Accounts.keys(account));
    }

    private static String entry(String token) {
        return Api.json(Github.report(token)).get(0).toString();
    }

    @ParameterizedTest
    @ValueSource(strings = { "", "{}", "1", "[{\"token\":\"SECRET\",\"type\":\"t\"}",
            "[{\"token\":\"SECRET\",\"type\":\"t\"}][{\"token\":\"a\",\"type\":\"t\"}]",
            "[{\"token\":\"SECRET\",\"type\":\"t\"}] x", "{\"matches\":[{\"token\":\"SECRET\",\"type\":\"t\"}]}" })
    void whatIsNoReportIsRefusedAsAWhole(String body) {
        List<String> before = Accounts.everything(account);

        refused(400, GITHUB.event(body.replace("SECRET", secret)));

        assertEquals(before, Accounts.everything(account));
    }

    @Test
    void anEmptyReportIsAnsweredWithNothing() {
        assertEquals("[]", Gateway.invoke(GITHUB.event("[]")).body());
    }

    @Test
    void whereItWasFoundNeverStopsARevocation() {
        for (String url : List.of("", "http://example.com/a", "https://example.com/" + "a".repeat(3000))) {
            String token = secretOf("k" + url.length());
            ArrayNode report = (ArrayNode) Api.json(Github.report(token));
            ((ObjectNode) report.get(0)).put("url", url);

            assertEquals(feedback(token, "true_positive"), Gateway.invoke(GITHUB.event(report.toString())).json(), url);
        }
        ArrayNode report = (ArrayNode) Api.json(Github.report(secret));
        ((ObjectNode) report.get(0)).remove("url");
        ((ObjectNode) report.get(0)).put("a new member", 1);
        assertEquals(feedback(secret, "true_positive"), Gateway.invoke(GITHUB.event(report.toString())).json());
    }

    @Test
    void aMebibyteIsReadAndAByteMoreIsNot() {
        String report = Github.report(secret);
        String tooLong = report + " ".repeat(MEBIBYTE + 1 - report.length());
        refused(413, GITHUB.event(tooLong));
        refused(413, GITHUB.event(tooLong).put("isBase64Encoded", true)
                .put("body", Base64.getEncoder().encodeToString(tooLong.getBytes(StandardCharsets.UTF_8))));
        refused(401, Github.event(tooLong, "current", GITHUB.sign("current", report)));
        assertEquals(2, Accounts.keys(account));

        assertEquals(200, Gateway.invoke(GITHUB.event(tooLong.substring(0, MEBIBYTE))).status());
        assertEquals(1, Accounts.keys(account));
    }

    @Test
    void onlyExactlyThisMethodAndPathIsServed() {
        for (String path : List.of(Github.PATH + "/", Github.PATH + "/x", "/v1/auth/proxy/leaks", "/v1/auth/proxy/leaks/GitHub")) {
            refused(404, GITHUB.event(Github.report(secret)).put("rawPath", path));
        }
        ObjectNode get = GITHUB.event(Github.report(secret));
        ((ObjectNode) get.at("/requestContext/http")).put("method", "GET");
        refused(404, get);
    }

    private static void refused(int status, ObjectNode event) {
        Gateway.Result answer = Gateway.invoke(event);
        assertEquals(status, answer.status(), answer.body());
        answer.assertIsProblem(status);
        assertFalse(answer.body().contains("ek-proxy-sk"), answer.body());
        assertEquals(status == 401, answer.header("WWW-Authenticate") != null);
    }

    private String secretOf(String name) {
        Accounts.createKey(account, name, "10");
        return Accounts.secret(account, name);
    }

    private static ArrayNode feedback(String token, String label) {
        ArrayNode feedback = Api.JSON.createArrayNode();
        feedback.addObject().put("token_hash", sha256(token)).put("token_type", "proxy_key").put("label", label);
        return feedback;
    }

    private static String sha256(String text) {
        return Postgres.shared().one(String.class, "SELECT encode(sha256(?::bytea), 'hex')", text);
    }
}
