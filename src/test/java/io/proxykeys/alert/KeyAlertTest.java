package io.proxykeys.alert;

import static org.hamcrest.Matchers.equalTo;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.proxykeys.harness.Accounts;
import io.proxykeys.harness.Api;
import io.proxykeys.harness.Gateway;
import io.proxykeys.harness.Harness;
import io.proxykeys.harness.Postgres;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Alerts that name the leaked key. */
@QuarkusTest
@WithTestResource(Harness.class)
class KeyAlertTest {

    private final Postgres database = Postgres.shared();
    private final String account = Accounts.open("100");
    private final String key = Accounts.createKey(account, "leaked", "10");
    private final String sibling = Accounts.createKey(account, "sibling", "20");

    @Test
    void aKeyNamedByHashGoesItsCreditsAreBackAndItsSiblingLives() {
        JsonNode answer = Gateway.succeeds(byHash(detail -> detail.put("reason", "in a gist").put("reported_by", "scanner")
                .put("url", "https://gist.example.com/1").put("account_id", account)));

        assertEquals("Proxy key deleted", answer.get("message").textValue());
        assertEquals(1, answer.get("deleted").intValue());
        assertEquals(new BigDecimal("80.000000"), Accounts.balance(account));
        assertEquals(List.of(sibling + "|"), database.rows("SELECT id FROM proxy_key WHERE account_id = ?", account));
        assertEquals(List.of("alert|one|proxy-keys.security|scanner|in a gist|https://gist.example.com/1|1|"), database.rows("""
                SELECT trigger, operation, requested_by, reported_by, reason, url, keys_deleted FROM revocation WHERE account_id = ?""",
                account));
        assertCannotBeCreatedAgain();
    }

    @Test
    void aKeyNamedByIdentifierGoesAndItsSecretIsBurnt() {
        assertEquals(1, Gateway.succeeds(Gateway.keyAlert(detail -> detail.put("key", key))).get("deleted").intValue());
        assertEquals(1, Accounts.keys(account));
        assertCannotBeCreatedAgain();
    }

    @Test
    void twentyDeliveriesByHashAndByIdentifierAreOneReceipt() {
        ObjectNode byHash = byHash(detail -> detail.put("incident_id", "i-" + account));
        ObjectNode byIdentifier = Gateway.keyAlert(detail -> detail.put("key", key).put("incident_id", "i-" + account));

        Set<JsonNode> answers = IntStream.range(0, 20)
                .mapToObj(i -> CompletableFuture.supplyAsync(() -> Gateway.succeeds(i % 2 == 0 ? byHash : byIdentifier))).toList().stream()
                .map(CompletableFuture::join).collect(Collectors.toSet());

        assertEquals(1, answers.size(), answers.toString());
        assertEquals(1, Accounts.receipts(account));
    }

    @Test
    void twoKeysInOneIncidentAndAnotherScopeAreAlertsOfTheirOwn() {
        Gateway.succeeds(Gateway.keyAlert(detail -> detail.put("key", key).put("incident_id", "i")));
        assertEquals(1, Gateway.succeeds(Gateway.keyAlert(detail -> detail.put("key", sibling).put("incident_id", "i"))).get("deleted")
                .intValue());
        Accounts.createKey(account, "third", "1");

        assertEquals(1, Gateway.succeeds(Gateway.keyAlert(detail -> detail.put("key", key).put("incident_id", "i").put("scope", "account")
                .put("detected_at", Instant.now().toString()))).get("deleted").intValue());
        assertEquals(3, Accounts.receipts(account));
    }

    @Test
    void withTheScopeAccountTheNamedKeyGoesAndTheOlderOnesAndTheNewerAreSpared() {
        database.execute("UPDATE proxy_key SET created_at = '2026-01-01' WHERE id = ?", sibling);
        Accounts.createKey(account, "newer", "1");

        JsonNode answer = Gateway.succeeds(byHash(detail -> detail.put("scope", "account").put("detected_at", "2026-02-01T00:00:00Z")));

        assertEquals(2, answer.get("deleted").intValue());
        assertEquals(1, answer.get("keys_spared").intValue());
        assertEquals(new BigDecimal("99.000000"), Accounts.balance(account));
    }

    @Test
    void anUnknownKeyIsANormalReturnAndCanNeverBeCreated() {
        JsonNode answer = Gateway.succeeds(Gateway.keyAlert(detail -> detail.put("key_sha256", hash("never a key of " + account))));

        assertEquals("{\"message\":\"No such proxy key\",\"known\":false,\"deleted\":0}", answer.toString());
        assertThrows(IllegalStateException.class, () -> database.execute(
                "SELECT create_proxy_key(?, 'x', sha256(?::bytea), 1, NULL, NULL, NULL)", account, "never a key of " + account));
    }

    @ParameterizedTest
    @ValueSource(strings = { "key", "account" })
    void anAlertThatSuspendsIsTheSameAlsoWhenTheKeyIsGone(String scope) {
        ObjectNode byHash = byHash(detail -> detail.put("action", "suspend").put("scope", scope).put("account_id", account)
                .put("incident_id", "i-" + account));
        ObjectNode byIdentifier = Gateway.keyAlert(detail -> detail.put("action", "suspend").put("scope", scope).put("key", key)
                .put("account_id", account).put("incident_id", "i-" + account));
        JsonNode first = Gateway.succeeds(byHash);
        Api.resume(account, first.get("suspension_id").textValue()).then().statusCode(200);
        Api.remove(account, key).then().statusCode(200);
        List<String> before = Accounts.everything(account);

        assertEquals(first, Gateway.succeeds(byHash));
        assertEquals(first, Gateway.succeeds(byIdentifier));
        assertEquals(before, Accounts.everything(account));
    }

    @ParameterizedTest
    @ValueSource(ints = { 0, 3600 })
    void anAlertThatSuspendsIsTheSameAlsoWhenTheKeyHasAnotherSecret(int overlap) {
        ObjectNode byHash = byHash(detail -> detail.put("action", "suspend"));
        JsonNode first = Gateway.succeeds(byHash);
        Api.rotate(account, key, overlap).then().statusCode(200);
        List<String> before = Accounts.everything(account);

        assertEquals(first, Gateway.succeeds(byHash));
        assertEquals(before, Accounts.everything(account));
        assertEquals(overlap == 0 ? "No such proxy key" : "Old secret revoked", Gateway.succeeds(byHash(detail -> detail.put("action",
                "suspend")))
                .get("message").textValue());
    }

    /** The key was suspended because its identifier was named; since a rotation its secret is an old one, and only that has leaked. */
    @ParameterizedTest
    @ValueSource(booleans = { false, true })
    void anOldSecretIsNotTheAlertThatNamedItsKey(boolean gone) {
        JsonNode first = Gateway.succeeds(Gateway.keyAlert(detail -> detail.put("action", "suspend").put("incident_id", account).put("key",
                key)));
        Api.resume(account, first.get("suspension_id").textValue()).then().statusCode(200);
        Api.rotate(account, key, 3600).then().statusCode(200);
        if (gone) {
            Api.remove(account, key).then().statusCode(200);
        }

        JsonNode answer = Gateway.succeeds(byHash(detail -> detail.put("action", "suspend").put("incident_id", account)));

        assertEquals(gone ? "No such proxy key" : "Old secret revoked", answer.get("message").textValue());
        assertEquals(first, Gateway.succeeds(Gateway.keyAlert(detail -> detail.put("action", "suspend").put("incident_id", account).put(
                "key", key))));
    }

    @Test
    void theKeyThatIsNamedIsNotSparedHoweverNewItIs() {
        JsonNode answer = Gateway.succeeds(byHash(detail -> detail.put("action", "suspend").put("scope", "account")
                .put("detected_at", "2026-01-01T00:00:00Z")));

        assertEquals(1, answer.get("suspended").intValue());
        assertEquals(1, answer.get("keys_spared").intValue());
    }

    @Test
    void anOverlapThatEndsIsToldToCachesAlsoIfNoKeyWasLeftToSuspend() {
        Api.rotate(account, key, 3600).then().statusCode(200);
        Api.toggle(account, key, false).then().statusCode(200);
        Api.toggle(account, sibling, false).then().statusCode(200);
        String version = "SELECT keys_version FROM account WHERE id = ?";
        long before = database.one(Long.class, version, account);

        assertEquals(0, Gateway.succeeds(byHash(detail -> detail.put("action", "suspend").put("scope", "account"))).get("suspended")
                .intValue());

        assertEquals(before + 1, database.one(Long.class, version, account));
        assertEquals(0L, database.one(Long.class,
                "SELECT count(*) FROM proxy_key WHERE account_id = ? AND previous_secret_hash IS NOT NULL", account));
    }

    @Test
    void theOwnerOfADeletedKeyIsFoundAmongReceipts() {
        Api.remove(account, key).then().statusCode(200);

        assertEquals(1, Gateway.succeeds(Gateway.keyAlert(detail -> detail.put("key", key).put("scope", "account"))).get("deleted")
                .intValue());
        assertEquals(0, Accounts.keys(account));
        assertTrue(Gateway.invoke(Gateway.keyAlert(detail -> detail.put("key", "ek-proxy-nobodys").put("scope", "account")))
                .functionError());
    }

    @Test
    void aCreationInFlightIsWaitedForAndItsKeyGoes() throws Exception {
        try (Connection creator = database.connect()) {
            creator.setAutoCommit(false);
            Postgres.execute(creator, "SELECT create_proxy_key(?, 'new', sha256(?::bytea), 1, NULL, NULL, NULL)", account, account);
            CompletableFuture<JsonNode> alert = CompletableFuture.supplyAsync(
                    () -> Gateway.succeeds(Gateway.keyAlert(detail -> detail.put("key_sha256", hash(account)))));
            database.awaitWaitingForALock(Postgres.FUNCTION_USER);
            creator.commit();
            assertEquals(1, alert.join().get("deleted").intValue());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = { "{\"key_sha255\":\"a\"}", "{\"Key\":\"a\"}", "{\"key\":null}", "{\"token\":\"ek-proxy-sk-a\"}",
            "{\"secret\":1}",
            "{\"proxy_key\":\"x\"}", "{\"key\":\"ek-proxy-sk-a\"}", "{\"key\":\"sk-a\"}", "{\"scope\":\"account\"}",
            "{\"key\":\"ek-proxy-a\",\"scope\":\"all\"}", "{\"key\":\"ek-proxy-a\",\"scope\":null}", "{\"action\":null}",
            "{\"action\":\"Suspend\"}", "{\"key_sha256\":\"AB\"}", "{\"incident_id\":\"\"}" })
    void aTypoOrASecretIsAFunctionErrorThatDeletesNothingAndRepeatsNothing(String members) {
        List<String> before = Accounts.everything(account);
        Gateway.Result result = Gateway.invoke(Gateway.keyAlert(detail -> detail.put("account_id", account).setAll((ObjectNode) Api.json(
                members))));

        assertTrue(result.functionError(), result.payload().toString());
        assertFalse(result.payload().toString().contains("sk-a"), result.payload().toString());
        assertEquals(before, Accounts.everything(account));
    }

    @ParameterizedTest
    @ValueSource(strings = { "token_hash", "sha256", "hash", "secret_hash", "api_key", "proxyKey", "proxy_key_id", "Token", " key", "KEY",
            "key_sha_256", "key-sha256", "k_e-y", "ke\u00a0y", "Sha_256", "to ken", "\u212aey", "block_new_key_seconds" })
    void aMisnamedKeyBesideAnAccountIsAFunctionErrorAndDeletesNothing(String name) {
        List<String> before = Accounts.everything(account);
        for (String detailType : List.of("Proxy Key Compromised", "Account Compromised")) {
            Gateway.Result result = Gateway.invoke(Gateway.keyAlert(detail -> detail.put("account_id", account).put(name, "ek-proxy-sk-a"))
                    .put("detail-type", detailType));

            assertTrue(result.functionError(), result.payload().toString());
            assertFalse(result.payload().toString().contains("sk-a"), result.payload().toString());
        }
        assertEquals(before, Accounts.everything(account));
    }

    @Test
    void anAccountThatDoesNotExistIsNotAskedForAgain() {
        Gateway.Result result = Gateway.invoke(Gateway.keyAlert(detail -> detail.put("key", "ek-proxy-nobodys").put("scope", "account")
                .put("account_id", "nobody")));

        assertTrue(result.functionError());
        assertTrue(result.payload().toString().contains("detail.account_id is not an account of ours"), result.payload().toString());
    }

    @Test
    void aSecretInTheNameOfAMemberIsNotRepeated() {
        Gateway.Result result = Gateway.invoke(Gateway.keyAlert(detail -> detail.put("account_id", account).put("token-ek-proxy-sk-a1b2c3",
                1)));

        assertTrue(result.functionError());
        assertFalse(result.payload().toString().contains("a1b2c3"), result.payload().toString());
    }

    @Test
    void otherMembersAreIgnored() {
        assertEquals(2, Gateway.succeeds(Gateway.keyAlert(detail -> detail.put("account_id", account).put("severity", 7).put("ticket", "x")
                .put("number", new BigInteger("7".repeat(2_000))).put("n".repeat(60_000), 1)
                .put("block_new_keys_seconds", 0))).get("deleted").intValue());
    }

    @Test
    void aKeyOfAnotherAccountIsAFunctionErrorAndLives() {
        String other = Accounts.open("1");
        assertTrue(Gateway.invoke(byHash(detail -> detail.put("account_id", other))).functionError());
        assertEquals(2, Accounts.keys(account));
    }

    @Test
    void freeTextIsCutAndCleanedAndNeverStopsARevocation() {
        Gateway.succeeds(byHash(detail -> detail.put("reason", "a\u0000 ek-proxy-sk-abc, " + key + " " + "b".repeat(300))
                .put("reported_by", 7).put("url", "http://example.com")));

        List<String> row = database.rows("SELECT reason, length(reason), reported_by, url FROM revocation WHERE account_id = ?", account);
        assertTrue(row.get(0).startsWith("a ek-proxy-***, " + key + " b"), row.toString());
        assertTrue(row.get(0).endsWith("|255|null|null|"), row.toString());
    }

    @Test
    void aSuspensionThatIsConfirmedInTheSameIncidentIsADeletion() {
        ObjectNode event = byHash(detail -> detail.put("action", "suspend").put("incident_id", "i"));
        assertEquals(1, Gateway.succeeds(event).get("suspended").intValue());
        assertEquals(0, Accounts.receipts(account));
        event.withObject("/detail").put("action", "delete");

        JsonNode deleted = Gateway.succeeds(event);

        assertEquals("Proxy key deleted", deleted.get("message").textValue());
        assertEquals(new BigDecimal("10.000000"), deleted.get("credits_returned").decimalValue());
        assertEquals(deleted, Gateway.succeeds(event), "delivered again");
        assertCannotBeCreatedAgain();
    }

    @Test
    void theSameIncidentFromAnotherReporterIsAnAlertOfItsOwn() {
        ObjectNode event = byHash(detail -> detail.put("action", "suspend").put("incident_id", "i").put("reported_by", "one"));
        JsonNode first = Gateway.succeeds(event);
        event.withObject("/detail").put("reported_by", "two");

        JsonNode second = Gateway.succeeds(event);

        assertEquals(1, second.get("suspended").intValue());
        assertNotEquals(first.get("suspension_id"), second.get("suspension_id"));
        event.withObject("/detail").put("reported_by", "one");
        assertEquals(first, Gateway.succeeds(event));
    }

    @Test
    void keysThatOnlyWentAlongAreNotBurnt() {
        assertEquals(2, Gateway.succeeds(byHash(detail -> detail.put("scope", "account"))).get("deleted").intValue());

        Accounts.createKey(account, "sibling", "20");
        assertCannotBeCreatedAgain();
    }

    @Test
    void anAlertThatSuspendsAnUnknownKeyBurnsNothing() {
        String secret = Accounts.secret(account, "new");
        ObjectNode event = Gateway.keyAlert(detail -> detail.put("key_sha256", hash(secret)).put("action", "suspend"));

        assertFalse(Gateway.succeeds(event).get("known").booleanValue());

        Accounts.createKey(account, "new", "1");
    }

    @ParameterizedTest
    @ValueSource(booleans = { true, false })
    void theOwnerOfABurntKeyIsFoundByItsHashAlsoIfItIsStated(boolean stated) {
        Gateway.succeeds(byHash(detail -> {}));

        JsonNode answer = Gateway.succeeds(byHash(detail -> {
            detail.put("scope", "account");
            if (stated) {
                detail.put("account_id", account);
            }
        }));

        assertEquals(1, answer.get("deleted").intValue());
        assertEquals(0, Accounts.keys(account));
    }

    @Test
    void theStatedAccountIsTheOwnerOfAKeyThatIsNotKnown() {
        String unknown = hash("never a key of " + account);

        JsonNode answer = Gateway.succeeds(Gateway.keyAlert(detail -> detail.put("key_sha256", unknown).put("scope", "account").put(
                "account_id", account)));

        assertEquals(2, answer.get("deleted").intValue());
        assertEquals(0, Accounts.keys(account));
    }

    @Test
    void anotherOwnerThanTheStatedOneIsAFunctionErrorAlsoWhenTheKeyIsGone() {
        String removed = Accounts.createKey(account, "removed", "1");
        Api.remove(account, removed).then().statusCode(200);
        Gateway.succeeds(byHash(detail -> {}));
        String other = Accounts.open("1");
        Accounts.createKey(other, "key", "1");
        List<List<String>> before = List.of(Accounts.everything(account), Accounts.everything(other));

        for (String action : List.of("delete", "suspend")) {
            assertTrue(Gateway.invoke(byHash(detail -> detail.put("scope", "account").put("account_id", other).put("action", action)))
                    .functionError());
            assertTrue(Gateway.invoke(Gateway.keyAlert(detail -> detail.put("key", removed).put("scope", "account").put("account_id", other)
                    .put("action", action))).functionError());
        }

        assertEquals(before, List.of(Accounts.everything(account), Accounts.everything(other)));
    }

    @ParameterizedTest
    @ValueSource(strings = { "delete", "suspend" })
    void anAlertAboutAKeyCanBlockNewKeys(String action) {
        Gateway.succeeds(byHash(detail -> detail.put("action", action).put("block_new_keys_seconds", 600)));

        Response refused = Api.create(account, "new", "1");

        refused.then().statusCode(409).body("type", equalTo("urn:problem-type:proxy-keys:new-keys-blocked"));
        int wait = Integer.parseInt(refused.header("Retry-After"));
        assertTrue(wait > 0 && wait <= 600, "Retry-After: " + wait);
    }

    @ParameterizedTest
    @ValueSource(strings = { "delete", "suspend" })
    void anIdentifierThatIsNoKeysIsANormalReturn(String action) {
        for (String unknown : List.of("ek-proxy-of-" + account, "ek-proxy-" + "0".repeat(32))) {
            assertEquals("{\"message\":\"No such proxy key\",\"known\":false,\"deleted\":0}",
                    Gateway.succeeds(Gateway.keyAlert(detail -> detail.put("key", unknown).put("action", action))).toString());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = { "delete", "suspend" })
    void whoReportedItAndWhereAreCut(String action) {
        String url = "https://example.com/" + "a".repeat(2048);
        Gateway.succeeds(byHash(detail -> detail.put("action", action).put("reported_by", "\ud83d\udd11".repeat(65)).put("url", url)));

        assertEquals(List.of("\ud83d\udd11".repeat(64) + "|" + url.substring(0, 2048) + "|"), database.rows("""
                SELECT reported_by, url FROM revocation WHERE account_id = ?
                 UNION ALL SELECT reported_by, url FROM suspension WHERE account_id = ?""", account, account));
    }

    @Test
    void theNameOfAnIncidentHas255CharactersAtMost() {
        List<String> before = Accounts.everything(account);
        assertTrue(Gateway.invoke(byHash(detail -> detail.put("incident_id", "i".repeat(256)))).functionError());
        assertEquals(before, Accounts.everything(account));

        assertEquals(1, Gateway.succeeds(byHash(detail -> detail.put("incident_id", "i".repeat(255)))).get("deleted").intValue());
    }

    private void assertCannotBeCreatedAgain() {
        IllegalStateException refused = assertThrows(IllegalStateException.class, () -> Accounts.createKey(account, "leaked", "1"));
        assertTrue(refused.getMessage().contains("has leaked"), refused.getMessage());
        assertEquals("PK008", ((SQLException) refused.getCause()).getSQLState());
    }

    private ObjectNode byHash(Consumer<ObjectNode> change) {
        return Gateway.keyAlert(detail -> change.accept(detail.put("key_sha256", hash(Accounts.secret(account, "leaked")))));
    }

    private String hash(String secret) {
        return database.one(String.class, "SELECT encode(sha256(?::bytea), 'hex')", secret);
    }
}
