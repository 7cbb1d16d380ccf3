package io.proxykeys.operation;

import static org.hamcrest.Matchers.equalTo;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.proxykeys.harness.Accounts;
import io.proxykeys.harness.Api;
import io.proxykeys.harness.Gateway;
import io.proxykeys.harness.Harness;
import io.proxykeys.harness.Issuer;
import io.proxykeys.harness.Postgres;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code status} and {@code name_prefix}: list, preview, suspension and deletion select the same keys. */
@QuarkusTest
@WithTestResource(Harness.class)
class SelectionTest {

    private final Postgres database = Postgres.shared();
    private final String account = Accounts.open("1000");

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', ignoreLeadingAndTrailingWhitespace = true, textBlock = """
            status=expired                      | expired,proj-expired                                | expired    | 80
            status=inactive                     | disabled,proj-disabled                              | inactive   | 80
            status=suspended                    | proj-suspended,suspended                            | suspended  | 80
            name_prefix=proj-                   | proj-disabled,proj-expired,proj-suspended,proj-used | prefix     | 155
            name_prefix=Proj                    | Proj-upper                                          | prefix     | 40
            name_prefix=100%25                  | 100%                                                | prefix     | 40
            name_prefix=a_                      | a_b                                                 | prefix     | 40
            name_prefix=a%20                    | a b                                                 | prefix     | 40
            name_prefix=a+b                     | a b                                                 | prefix     | 40
            name_prefix=%C3%A4                  | \u00e4                                                   | prefix     | 40
            name_prefix=%f0%9f%98%80            | \ud83d\ude00                                                  | prefix     | 40
            status=expired&name_prefix=proj-    | proj-expired                                        | expired    | 40
            name_prefix=proj-&status=suspended  | proj-suspended                                      | suspended  | 40
            name_prefix=proj-&status=never_used | proj-disabled,proj-expired,proj-suspended           | never_used | 120
            """)
    void everyOperationSelectsTheSame(String query, String names, String operation, String credits) {
        someKeys();
        Set<String> expected = new TreeSet<>(List.of(names.split(",")));
        Set<String> others = names(Api.list(account));
        others.removeAll(expected);

        assertEquals(expected, names(Api.as(account).get(Api.PROXY + "?" + query)));
        JsonNode preview = Api.json(Api.preview(account, "?" + query).then().statusCode(200).extract().response());
        assertEquals(expected.size(), preview.get("would_delete").intValue());
        assertEquals(credits + ".000000", preview.get("credits_to_return").asText());
        JsonNode deletion = Api.json(Api.as(account).delete(Api.PROXY + "?" + query).then().statusCode(200).extract().response());

        assertEquals(expected.size(), deletion.get("deleted").intValue());
        assertEquals(preview.get("credits_to_return"), deletion.get("credits_returned"));
        assertEquals(others, names(Api.list(account)));
        assertEquals(List.of(operation + "|" + prefix(query) + "|"),
                database.rows("SELECT operation, name_prefix FROM revocation WHERE account_id = ?", account));
    }

    @ParameterizedTest
    @ValueSource(strings = { "status=never_used&name_prefix=proj-&block_new_keys_seconds=60",
            "block_new_keys_seconds=60&name_prefix=proj-&status=never_used",
            "name_prefix=proj-&block_new_keys_seconds=60&status=never_used" })
    void parametersComeInAnyOrder(String query) {
        someKeys();

        // Of the three, one is disabled and one is suspended already: that one is taken over.
        Api.suspend(account, "?" + query).then().statusCode(200).body("suspended", equalTo(2));
        Api.as(account).delete(Api.PROXY + "?" + query).then().statusCode(200).body("deleted", equalTo(3));

        Api.create(account, "new", "1").then().statusCode(409);
    }

    @Test
    void aPreviewTellsTheBalance() {
        Accounts.createKey(account, "key", "12.5");

        assertEquals("{\"would_delete\":1,\"credits_to_return\":12.500000,\"balance\":987.500000}", Api.preview(account, "").asString());
        assertEquals("{\"would_delete\":0,\"credits_to_return\":0.000000,\"balance\":987.500000}",
                Api.preview(account, "?name_prefix=other").asString());
    }

    @Test
    void aPrefixMayBeAsLongAsANameAndCountsCharacters() {
        String longest = "\ud83d\ude00".repeat(25);
        database.execute("UPDATE proxy_key SET name = ? WHERE id = ?", longest, Accounts.createKey(account, "key", "1"));
        String encoded = "%F0%9F%98%80";

        assertEquals(Set.of(longest), names(Api.as(account).get(Api.PROXY + "?name_prefix=" + encoded.repeat(25))));
        Api.as(account).get(Api.PROXY + "?name_prefix=" + encoded.repeat(25) + "a").then().statusCode(400);
    }

    @ParameterizedTest
    @ValueSource(strings = {
            "name_prefix=", "name_prefix", "name_prefix=a&name_prefix=a", "name_prefix=a&name_prefix=b", "name_prefix=a&", "&name_prefix=a",
            "name_prefix=a&&status=expired", "Name_prefix=a", "name%5Fprefix=a", "name_prefix[]=a", "nameprefix=a", "prefix=a",
            "name_prefix=%", "name_prefix=%4", "name_prefix=%zz", "name_prefix=%C3", "name_prefix=%c0%80",
            "name_prefix=%ed%a0%80", "name_prefix=%ff", "name_prefix=abcdefghijklmnopqrstuvwxyz", "status=expired&name_prefix",
            "status=active", "status=Suspended", "status=suspended,inactive", "status=suspended&status=suspended",
            "status=expired&status=suspended&name_prefix=a", "status=&name_prefix=a", "name_prefix=a&status=", "name_prefix=a&x=1",
            "name_prefix=a&block_new_keys_seconds=3601", "block_new_keys_seconds=1&block_new_keys_seconds=1", "proxy_keys=a" })
    void aQueryThatIsNotUnderstoodIsRefusedByEveryOperationAndChangesNothing(String query) {
        Accounts.createKey(account, "a", "1");
        List<String> before = Accounts.everything(account);

        assertEquals(400, status("GET", Api.PROXY, query));
        assertEquals(400, status("GET", Api.PROXY + "/preview", query));
        assertEquals(400, status("DELETE", Api.PROXY, query));
        assertEquals(400, status("DELETE", Api.PROXY + "/delete", query));
        assertEquals(400, status("POST", Api.PROXY + "/suspend", query));

        assertEquals(before, Accounts.everything(account));
    }

    @ParameterizedTest
    @ValueSource(strings = { "block_new_keys_seconds=60", "name_prefix=a&block_new_keys_seconds=60" })
    void whatOnlyReadsBlocksNothing(String query) {
        assertEquals(400, status("GET", Api.PROXY, query));
        assertEquals(400, status("GET", Api.PROXY + "/preview", query));
    }

    @Test
    void pagesOfASelectedListSelectTheSame() {
        database.execute("""
                INSERT INTO proxy_key (id, account_id, name, secret_hash, allocated)
                SELECT 'ek-proxy-' || a.id || n, a.id, CASE WHEN n % 2 = 0 THEN 'a b' ELSE 'other' END, sha256((a.id || n)::bytea), 0
                  FROM account a, generate_series(1, 30010) n WHERE a.id = ?""", account);

        Response first = Api.as(account).get(Api.PROXY + "?status=never_used&name_prefix=a+");
        assertEquals("15005", first.then().statusCode(200).extract().header("X-Total-Count"));
        assertEquals(15_000, Api.json(first).size());
        Response last = Api.as(account).get(first.header("Link").replaceAll("<(.*)>.*", "$1"));

        assertEquals("15005", last.then().statusCode(200).extract().header("X-Total-Count"));
        assertEquals(5, Api.json(last).size());
        assertEquals(null, last.header("Link"));
        assertEquals(Set.of("a b"), names(last));
    }

    @Test
    void anIdempotencyKeyStandsForItsSelectionHoweverThatIsWritten() {
        someKeys();
        Response first = delete("status=expired&name_prefix=proj-", "one");
        assertEquals(200, first.statusCode(), first.asString());

        Response repeat = delete("name_prefix=pr%6Fj-&status=expired", "one");

        assertEquals("true", repeat.header("Idempotency-Replayed"), repeat.asString());
        assertEquals(first.asString(), repeat.asString());
        List<String> before = Accounts.everything(account);
        for (String other : List.of("status=expired", "name_prefix=proj-", "status=expired&name_prefix=proj",
                "status=inactive&name_prefix=proj-",
                "status=expired&name_prefix=proj-&block_new_keys_seconds=1", "")) {
            assertEquals(422, delete(other, "one").statusCode(), other);
        }
        assertEquals(before, Accounts.everything(account));
    }

    @Test
    void aKeyWithoutANameHasNoPrefix() {
        Accounts.createOddKeys(account);

        Api.preview(account, "?name_prefix=a").then().statusCode(200).body("would_delete", equalTo(0));
        assertTrue(names(Api.as(account).get(Api.PROXY + "?name_prefix=%09")).size() == 1, "a tab is a character as any other");
    }

    private Response delete(String query, String idempotencyKey) {
        return Api.as(account).header("Idempotency-Key", idempotencyKey).delete(Api.PROXY + (query.isEmpty() ? "" : "?" + query));
    }

    private int status(String method, String path, String query) {
        return Gateway.invoke(Gateway.event(method, path, query, Map.of("authorization", "Bearer " + Issuer.shared().token(account))))
                .status();
    }

    /** Sixteen keys of 40 credits each, by the names of what they are; of {@code used} 5 are spent. */
    private void someKeys() {
        for (String name : List.of("used", "expired", "disabled", "suspended", "proj-used", "proj-expired", "proj-disabled",
                "proj-suspended",
                "Proj-upper", "100%", "1000", "a_b", "axb", "a b", "\u00e4", "\ud83d\ude00")) {
            String id = Accounts.createKey(account, name, "40");
            if (name.endsWith("used")) {
                Accounts.spend(account, name, "5");
            } else if (name.endsWith("expired")) {
                database.execute("UPDATE proxy_key SET expires_at = now() - interval '1 day' WHERE id = ?", id);
            } else if (name.endsWith("disabled")) {
                Api.toggle(account, id, false).then().statusCode(200);
            } else if (name.endsWith("suspended")) {
                Api.suspendNamed(account, List.of(id)).then().statusCode(200).body("suspended", equalTo(1));
            }
        }
    }

    /** As the receipt has it. */
    private static String prefix(String query) {
        return Arrays.stream(query.split("&")).filter(parameter -> parameter.startsWith("name_prefix="))
                .map(parameter -> URLDecoder.decode(parameter.substring("name_prefix=".length()),
                        StandardCharsets.UTF_8))
                .findFirst().orElse("null");
    }

    private static Set<String> names(Response list) {
        return new TreeSet<>(Api.json(list.then().statusCode(200).extract().response()).findValuesAsText("name"));
    }
}
