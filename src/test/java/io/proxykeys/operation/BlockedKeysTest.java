package io.proxykeys.operation;

import static org.hamcrest.Matchers.equalTo;
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
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** While new keys are blocked, whoever has a stolen token gets no key that spends, or spends more than before. */
@QuarkusTest
@WithTestResource(Harness.class)
class BlockedKeysTest {

    private final Postgres database = Postgres.shared();
    private final String account = Accounts.open("100");

    @Test
    void noKeyIsCreated() {
        Accounts.block(account, 600);

        blocked(Api.create(account, "key", "1"));

        assertEquals(0, Accounts.keys(account));
    }

    @Test
    void noKeyIsRecreated() {
        Accounts.createKey(account, "key", "10");
        String receipt = Api.json(Api.deleteAll(account)).get("revocation_id").textValue();
        Accounts.block(account, 600);

        blocked(Api.recreate(account, receipt));

        assertEquals(0, Accounts.keys(account));
        Accounts.block(account, -1);
        Api.recreate(account, receipt).then().statusCode(200).body("recreated", equalTo(1));
    }

    @Test
    void noKeyIsEnabledButDisablingOneIsAllowed() {
        String key = Accounts.createKey(account, "key", "10");
        Accounts.block(account, 600);

        Api.toggle(account, key, true).then().statusCode(200).body("status", equalTo(true));
        Api.toggle(account, key).then().statusCode(200).body("status", equalTo(false));
        blocked(Api.toggle(account, key));
        blocked(Api.toggle(account, key, true));
        Api.toggle(account, key, false).then().statusCode(200).body("status", equalTo(false));
        Api.toggle(account, "ek-proxy-nothing", true).then().statusCode(404);

        Accounts.block(account, -1);
        Api.toggle(account, key).then().statusCode(200).body("status", equalTo(true));
    }

    @ParameterizedTest
    @ValueSource(strings = {
            "\"allocated_ammount\":10.000001", "\"expires_at\":-1", "\"expires_at\":4102444801",
            "\"model_whitelist\":[]", "\"model_whitelist\":[\"large\",\"other\"]", "\"model_whitelist\":[\"LARGE\"]",
            "\"ip_whitelist\":[]", "\"ip_whitelist\":[\"10.0.0.0/8\",\"11.0.0.1\"]", "\"ip_whitelist\":[\"10.0.0.0/7\"]",
            "\"ip_whitelist\":[\"::1\"]", "\"ip_whitelist\":[\"::ffff:10.0.0.1\"]", "\"ip_whitelist\":[\"0.0.0.0/0\"]" })
    void noKeyGetsMore(String change) {
        String key = restricted();
        Accounts.block(account, 600);
        List<String> before = database.rows("SELECT * FROM proxy_key WHERE id = ?", key);

        blocked(Api.update(account, key, change));
        blocked(Api.update(account, key, "\"name\":\"n\"," + change));

        assertEquals(before, database.rows("SELECT * FROM proxy_key WHERE id = ?", key));
    }

    @ParameterizedTest
    @ValueSource(strings = {
            "\"name\":\"other\"", "\"allocated_ammount\":10", "\"allocated_ammount\":1", "\"expires_at\":4102444800",
            "\"expires_at\":4102444799", "\"model_whitelist\":[\"large\"]", "\"model_whitelist\":[\"small\",\"large\",\"small\"]",
            "\"ip_whitelist\":[\"10.0.0.0/8\"]", "\"ip_whitelist\":[\"10.1.0.0/16\",\"10.0.0.1\"]",
            "\"ip_whitelist\":[\"192.168.0.0/24\"]", "\"ip_whitelist\":[\"2001:db8::/32\"]" })
    void whatGivesAKeyNoMoreIsAllowed(String change) {
        String key = restricted();
        Accounts.block(account, 600);

        Api.update(account, key, change).then().statusCode(200);
    }

    @Test
    void restrictingAKeyThatWasNotIsAllowed() {
        String key = Api.json(Api.create(account, "key", "10")).get("id").textValue();
        Accounts.block(account, 600);

        Api.update(account, key, "\"model_whitelist\":[\"a\"],\"ip_whitelist\":[\"::1\"],\"expires_at\":4102444800").then().statusCode(200);
        blocked(Api.update(account, key, "\"expires_at\":-1"));
        blocked(Api.update(account, key, "\"model_whitelist\":[\"b\"]"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
            "{::/1,8000::/1}                    | ::/0            | true",
            "{::/1,8000::/2}                    | ::/0            | false",
            "{10.0.0.0/9,10.128.0.0/10,10.192.0.0/10} | 10.0.0.0/8 | true",
            "{10.0.0.0/9,10.128.0.0/10}         | 10.0.0.0/8      | false",
            "{10.0.0.1,10.0.0.0}                | 10.0.0.0/31     | true",
            "{10.0.0.1}                         | 10.0.0.1/32     | true",
            "{10.0.0.1}                         | 10.0.0.2        | false",
            "{no address}                       | 10.0.0.2        | false",
            "{no address,10.0.0.2}              | 10.0.0.2        | true" })
    void aBlockIsCoveredByWhatItsHalvesAreCoveredBy(String entries, String block, boolean covered) {
        assertEquals(!covered, database.one(Boolean.class, "SELECT widens_ip_whitelist(?::text[], ARRAY[?])", entries, block));
    }

    /** The data plane may have made such a key, whose lists hold a null. */
    @ParameterizedTest
    @ValueSource(strings = { "\"model_whitelist\":[\"large\",\"other\"]", "\"ip_whitelist\":[\"0.0.0.0/0\"]" })
    void aNullInAListWidensNothing(String change) {
        String key = restricted();
        database.execute("UPDATE proxy_key SET model_whitelist = '{large,NULL}', ip_whitelist = '{10.0.0.0/8,NULL}' WHERE id = ?", key);
        Accounts.block(account, 600);

        blocked(Api.update(account, key, change));
        Api.update(account, key, "\"model_whitelist\":[\"large\"],\"ip_whitelist\":[\"10.0.0.1\"]").then().statusCode(200);
    }

    @Test
    void theBlockOfAnotherAccountHoldsForThatOneOnly() {
        Accounts.block(Accounts.open("1"), 600);

        Api.create(account, "key", "1").then().statusCode(200);
    }

    private String restricted() {
        String key = Accounts.createKey(account, "key", "10");
        database.execute("""
                UPDATE proxy_key SET expires_at = to_timestamp(4102444800),
                       ip_whitelist = '{10.0.0.0/8,192.168.0.0/25,192.168.0.128/25,2001:db8::/32}'
                 WHERE id = ?""", key);
        return key;
    }

    private static void blocked(Response answer) {
        assertEquals(409, answer.statusCode(), answer.asString());
        assertEquals("urn:problem-type:proxy-keys:new-keys-blocked", Api.json(answer).get("type").textValue());
        int wait = Integer.parseInt(answer.header("Retry-After"));
        assertTrue(wait > 590 && wait <= 600, "Retry-After: " + wait);
    }
}
