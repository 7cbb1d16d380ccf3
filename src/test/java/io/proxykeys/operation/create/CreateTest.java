package io.proxykeys.operation.create;

import static org.hamcrest.Matchers.equalTo;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.proxykeys.harness.Accounts;
import io.proxykeys.harness.Api;
import io.proxykeys.harness.Harness;
import io.proxykeys.harness.Issuer;
import io.proxykeys.harness.Postgres;
import io.proxykeys.harness.WireTap.Fault;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.zip.CRC32;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code POST /v1/auth/proxy/create} */
@QuarkusTest
@WithTestResource(Harness.class)
class CreateTest {

    private static final String CREATE = "/create";

    private final Postgres database = Postgres.shared();

    @AfterEach
    void healTheWire() {
        Harness.tap().reset();
        Harness.tap().closeConnections();
    }

    @Test
    void aKeyIsCreatedAndItsSecretIsShownThisOnce() {
        String account = Accounts.open("100");
        long before = Instant.now().getEpochSecond();

        Response answer = Api.post(account, CREATE, """
                {"name":"team ü","allocated_ammount":12.5,"expires_at":4102444800,"model_whitelist":["large","small"],
                 "ip_whitelist":["10.0.0.0/8","2001:db8::1"]}""");

        JsonNode key = Api.json(answer.then().statusCode(200).header("Cache-Control", equalTo("no-store")).extract().response());
        String secret = key.get("key").textValue();
        String id = key.get("id").textValue();
        long createdAt = key.get("created_at").longValue();
        assertEquals("{\"name\":\"team ü\",\"key\":\"" + secret + "\",\"expires_at\":4102444800,\"allocated_ammount\":12.500000,"
                + "\"used_ammount\":0.000000,\"is_active\":true,\"model_whitelist\":[\"large\",\"small\"],"
                + "\"ip_whitelist\":[\"10.0.0.0/8\",\"2001:db8::1\"],\"created_at\":" + createdAt + ",\"last_used\":null"
                + ",\"rotated_at\":null,\"overlap_until\":null,\"suspension_id\":null,\"id\":\"" + id
                + "\"}",
                answer.asString());
        assertTrue(createdAt >= before - 1 && createdAt <= Instant.now().getEpochSecond() + 1, createdAt + "");
        assertTrue(id.matches("ek-proxy-[0-9a-f]{32}"), id);
        assertTrue(secret.matches("ek-proxy-sk-[0-9A-Za-z]{46}"), "the form of a secret");
        assertEquals(crc(secret.substring(0, 52)), secret.substring(52));
        assertEquals("87.500000", Accounts.balance(account).toString());

        assertEquals("11.500000", spend(secret, "1"));
        JsonNode listed = Api.json(Api.list(account)).get(0);
        assertEquals(id, listed.get("key").textValue());
        assertFalse(Api.list(account).asString().contains("ek-proxy-sk-"));
        assertFalse(String.join("", Accounts.everything(account)).contains(secret));
    }

    @Test
    void whatIsLeftOutIsNeverAndUnrestricted() {
        String account = Accounts.open("100");

        JsonNode key = Api.json(Api.create(account, "key", "10"));

        assertEquals(-1, key.get("expires_at").longValue());
        assertEquals("[]", key.get("model_whitelist").toString());
        assertEquals("[]", key.get("ip_whitelist").toString());
        assertEquals(List.of("null|{}|{}|"), database.rows(
                "SELECT expires_at, model_whitelist, ip_whitelist FROM proxy_key WHERE account_id = ?", account));
    }

    @Test
    void noTwoKeysAreAlike() {
        String account = Accounts.open("100");

        JsonNode one = Api.json(Api.create(account, "key", "1"));
        JsonNode two = Api.json(Api.create(account, "key", "1"));

        assertFalse(one.get("key").equals(two.get("key")));
        assertFalse(one.get("id").equals(two.get("id")));
    }

    /** An amount is read from its digits and judged by its value. */
    @ParameterizedTest
    @CsvSource({ "1e2,100.000000", "100,100.000000", "100.0,100.000000", "0.1000000,0.100000", "0.000001,0.000001", "1E-6,0.000001",
            "0.1,0.100000", "99999999999999.999999,99999999999999.999999", "1.23e1,12.300000", "10000000e-7,1.000000" })
    void amountsAreReadAsDecimals(String sent, String stored) {
        String account = Accounts.open("99999999999999.999999");

        Response answer = Api.create(account, "key", sent);

        assertEquals(200, answer.statusCode(), answer.asString());
        assertTrue(answer.asString().contains("\"allocated_ammount\":" + stored + ","), answer.asString());
        assertEquals(stored, database.one(BigDecimal.class, "SELECT allocated FROM proxy_key WHERE account_id = ?", account).toString());
        assertEquals(new BigDecimal("99999999999999.999999"), Accounts.total(account));
    }

    @Test
    void anAmountMayHaveAsManyDigitsAsFit() {
        String account = Accounts.open("1");

        Api.create(account, "key", "0.1" + "0".repeat(30_000)).then().statusCode(200);

        assertEquals("0.100000", database.one(BigDecimal.class, "SELECT allocated FROM proxy_key WHERE account_id = ?", account)
                .toString());
        refused(422, "{\"name\":\"key\",\"allocated_ammount\":" + "1".repeat(30_000) + "}");
    }

    @ParameterizedTest
    @ValueSource(strings = { "0", "-0", "-0.0", "0e5", "-1", "1e400", "1e999999999", "1e-400", "1e-999999999", "1e99999999999",
            "1e-99999999999", "100000000000000",
            "0.0000001", "1.0000001", "\"10\"", "\"\"", "null", "true", "[10]", "{}" })
    void anotherAmountIsRefused(String sent) {
        refused(422, "{\"name\":\"key\",\"allocated_ammount\":" + sent + "}");
    }

    @ParameterizedTest
    @ValueSource(strings = { "NaN", "Infinity", "-Infinity", "+1", "01", ".5", "1.", "0x10", "1e", "1_000" })
    void whatIsNoNumberInJsonIsMalformed(String sent) {
        refused(400, "{\"name\":\"key\",\"allocated_ammount\":" + sent + "}");
    }

    @ParameterizedTest
    @ValueSource(strings = {
            "\"name\":\"\"", "\"name\":\"12345678901234567890123456\"", "\"name\":null", "\"name\":1", "\"name\":[\"a\"]",
            "\"name\":\"a\\u0000b\"", "\"name\":\"\\ud800\"",
            "\"name\":\"a\",\"expires_at\":0", "\"name\":\"a\",\"expires_at\":-2", "\"name\":\"a\",\"expires_at\":1600000000",
            "\"name\":\"a\",\"expires_at\":\"4102444800\"", "\"name\":\"a\",\"expires_at\":null",
            "\"name\":\"a\",\"expires_at\":4102444800.5",
            "\"name\":\"a\",\"expires_at\":253402300800", "\"name\":\"a\",\"expires_at\":1e400", "\"name\":\"a\",\"expires_at\":true",
            "\"name\":\"a\",\"model_whitelist\":null", "\"name\":\"a\",\"model_whitelist\":\"large\"",
            "\"name\":\"a\",\"model_whitelist\":[\"\"]", "\"name\":\"a\",\"model_whitelist\":[1]",
            "\"name\":\"a\",\"model_whitelist\":[null]",
            "\"name\":\"a\",\"model_whitelist\":{\"a\":\"b\"}", "\"name\":\"a\",\"ip_whitelist\":[\"localhost\"]",
            "\"name\":\"a\",\"ip_whitelist\":\"10.0.0.1\"", "\"name\":\"a\",\"ip_whitelist\":[\"10.0.0.1/8\"]",
            "\"name\":\"a\",\"is_active\":true", "\"name\":\"a\",\"balance\":1", "\"nam\":\"a\"" })
    void anotherFieldOrValueIsRefused(String fields) {
        refused(422, "{\"allocated_ammount\":1," + fields + "}");
    }

    @Test
    void theAllocationIsRequiredAndListsAreBounded() {
        refused(422, "{\"name\":\"key\"}");
        refused(422, "{}");
        String many = "\"a\",".repeat(100) + "\"a\"";
        refused(422, "{\"name\":\"key\",\"allocated_ammount\":1,\"model_whitelist\":[" + many + "]}");
        refused(422, "{\"name\":\"key\",\"allocated_ammount\":1,\"model_whitelist\":[\"" + "a".repeat(101) + "\"]}");
        refused(422, "{\"name\":\"key\",\"allocated_ammount\":1,\"ip_whitelist\":[" + many.replace("a", "::1") + "]}");
    }

    @Test
    void theLargestOfEverythingIsAccepted() {
        String account = Accounts.open("1");
        String hundred = ("\"" + "ä".repeat(100) + "\",").repeat(99) + "\"a\"";
        String addresses = "\"2001:db8:1234:5678:9abc:def0:1234:5678\",".repeat(99) + "\"::/0\"";

        Api.post(account, CREATE, "{\"name\":\"" + "😀".repeat(25)
                + "\",\"allocated_ammount\":1,\"expires_at\":253402300799,\"model_whitelist\":["
                + hundred + "],\"ip_whitelist\":[" + addresses + "]}").then().statusCode(200);

        assertEquals(100, Api.json(Api.list(account)).get(0).get("ip_whitelist").size());
    }

    @Test
    void whatClientsOfThisFamilySendBesidesIsIgnored() {
        String account = Accounts.open("1");

        Api.post(account, CREATE, "{\"name\":\"key\",\"allocated_ammount\":1,\"expires_at\":-1,\"limit_type\":\"daily\"}").then()
                .statusCode(200);
    }

    @Test
    void bodiesAreBoundedAndJson() {
        refused(413, "{\"name\":\"key\",\"allocated_ammount\":1}" + " ".repeat(32 * 1024));
        refused(400, "[]");
        refused(400, "{\"name\":\"key\",\"name\":\"key\",\"allocated_ammount\":1}");
        refused(400, "");
        String account = Accounts.open("1");
        Api.as(account).contentType("text/plain").body("{}").post(Api.PROXY + CREATE).then().statusCode(415);
        Api.as(account).contentType("application/json").body("{\"name\":\"key\",\"allocated_ammount\":1}").post(Api.PROXY + CREATE + "?a=b")
                .then().statusCode(400);
        assertEquals(0, Accounts.keys(account));
    }

    @Test
    void aBalanceThatIsTooLowIsRefusedAndTheWholeBalanceIsNot() {
        String account = Accounts.open("10");

        Api.create(account, "key", "10.000001").then().statusCode(402)
                .body("type", equalTo("urn:problem-type:proxy-keys:insufficient-balance"));
        assertEquals(0, Accounts.keys(account));
        Api.create(account, "key", "10").then().statusCode(200);

        assertEquals("0.000000", Accounts.balance(account).toString());
        Api.create(account, "key", "0.000001").then().statusCode(402);
    }

    @Test
    void theScopeToCreateIsNeededAndTheAccountMustExist() {
        Api.with(Issuer.shared().token("a", "proxy_keys:delete proxy_keys:read proxy_keys:write")).post(Api.PROXY + CREATE).then()
                .statusCode(403).body("detail", equalTo("The access token lacks the scope proxy_keys:create."));
        Api.create("nobody", "key", "1").then().statusCode(401);
    }

    @Test
    void sixtyAtOnceAreLetThroughInABucketOfTheirOwn() {
        String account = Accounts.open("100");
        Accounts.payInAdvance(account, "create", 58);
        Api.create(account, "key", "1").then().statusCode(200);

        Accounts.payInAdvance(account, "create", 120);
        Response refused = Api.create(account, "key", "1");

        assertEquals(429, refused.statusCode(), refused.asString());
        assertEquals("\"create\";q=60;w=60", refused.header("RateLimit-Policy"));
        assertTrue(Integer.parseInt(refused.header("Retry-After")) > 50, refused.header("Retry-After"));
        Api.deleteAll(account).then().statusCode(200);
        assertEquals(0, Accounts.keys(account));
    }

    @Test
    void aRefusedCreationIsCountedAndAMalformedOneIsNot() {
        String account = Accounts.open("1");
        for (int i = 0; i < 3; i++) {
            Api.create(account, "", "1").then().statusCode(422);
        }
        assertEquals(List.of(), database.rows("SELECT FROM rate_limit WHERE account_id = ?", account));

        Api.create(account, "key", "2").then().statusCode(402);
        assertEquals(List.of("create|"), database.rows("SELECT bucket FROM rate_limit WHERE account_id = ?", account));
    }

    @Test
    void aCreationTakesFourRoundTripsOnAWarmConnection() {
        String account = Accounts.open("100");
        Api.create(account, "key", "1");
        Harness.tap().reset();

        Api.create(account, "key", "1").then().statusCode(200);

        assertEquals(4, Harness.tap().roundTrips());
    }

    @Test
    void whenTheAnswerToCommitIsLostTheSecondAttemptFindsTheKey() {
        String account = Accounts.open("100");
        Harness.tap().fault(Fault.LOSE_COMMIT_ANSWER);

        JsonNode key = Api.json(Api.create(account, "key", "10").then().statusCode(200).extract().response());

        assertEquals("9.000000", spend(key.get("key").textValue(), "1"));
        assertEquals(1, Accounts.keys(account));
        assertEquals("90.000000", Accounts.balance(account).toString());
    }

    @Test
    void whenTheOutcomeStaysUnknownTheKeyIsNamed() {
        String account = Accounts.open("100");
        Harness.tap().fault(Fault.LOSE_COMMIT_ANSWER_AND_REFUSE);

        JsonNode problem = Api.json(Api.create(account, "key", "10").then().statusCode(503).extract().response());

        Harness.tap().fault(Fault.NONE);
        assertTrue(problem.get("detail").textValue().contains("outcome is unknown"), problem.toString());
        assertFalse(problem.has("revocation_id"), problem.toString());
        Api.lookup(account, problem.get("id").textValue()).then().statusCode(200).body("name", equalTo("key"));
    }

    @Test
    void whenBeginIsRefusedNoKeyIsCreated() {
        String account = Accounts.open("100");
        Api.create(account, "key", "1");
        List<String> before = Accounts.everything(account);
        Harness.tap().fault(Fault.REFUSE_BEGIN);

        Api.create(account, "key", "1").then().statusCode(500);

        assertEquals(before, Accounts.everything(account));
    }

    private static void refused(int status, String body) {
        String account = Accounts.open("99999999999999999");
        List<String> before = Accounts.everything(account);

        Response answer = Api.post(account, CREATE, body);

        assertEquals(status, answer.statusCode(), body + " " + answer.asString());
        assertEquals("application/problem+json", answer.contentType());
        assertEquals(before, Accounts.everything(account));
    }

    private String spend(String secret, String cost) {
        return database.one(BigDecimal.class, "SELECT spend_credits(sha256(?::bytea), ?)", secret, new BigDecimal(cost)).toString();
    }

    /** Written down again from the contract: CRC-32 in base 62, six digits. */
    private static String crc(String text) {
        CRC32 crc = new CRC32();
        crc.update(text.getBytes(StandardCharsets.US_ASCII));
        StringBuilder digits = new StringBuilder();
        for (long rest = crc.getValue(); digits.length() < 6; rest /= 62) {
            int digit = (int) (rest % 62);
            digits.insert(0, (char) (digit < 10 ? '0' + digit : digit < 36 ? 'A' + digit - 10 : 'a' + digit - 36));
        }
        return digits.toString();
    }
}
