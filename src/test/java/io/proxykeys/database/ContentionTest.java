package io.proxykeys.database;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.proxykeys.harness.Accounts;
import io.proxykeys.harness.Api;
import io.proxykeys.harness.Harness;
import io.proxykeys.harness.Postgres;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import java.math.BigDecimal;
import java.sql.Connection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the server rolls back for the sake of others is run again, a bounded number of times. */
@QuarkusTest
@WithTestResource(Harness.class)
class ContentionTest {

    private static final String IMMEDIATELY = "CREATE TRIGGER conflict BEFORE INSERT ON revocation FOR EACH ROW"
            + " EXECUTE FUNCTION conflict()";
    private static final String AT_COMMIT = """
            CREATE CONSTRAINT TRIGGER conflict AFTER INSERT OR UPDATE ON %s DEFERRABLE INITIALLY DEFERRED
               FOR EACH ROW EXECUTE FUNCTION conflict()""";

    private final Postgres database = Postgres.shared();

    @AfterEach
    void peace() {
        database.execute("DROP SEQUENCE IF EXISTS conflicts CASCADE");
        database.execute("DROP FUNCTION IF EXISTS conflict() CASCADE");
        Harness.tap().reset();
    }

    @ParameterizedTest
    @CsvSource({ "40001,3", "40P01,3", "40001,1" })
    void aConflictThatPassesIsNotNoticedByTheCaller(String state, int times) {
        String account = Accounts.open("250");
        Accounts.createFiveKeys(account);
        conflict(IMMEDIATELY, state, times);

        Api.deleteAll(account).then().statusCode(200);

        assertEquals(times + 1, attempts());
        assertRevokedOnce(account);
    }

    @Test
    void norIsOneThatIsFoundAtCommit() {
        String account = Accounts.open("250");
        Accounts.createFiveKeys(account);
        conflict(AT_COMMIT.formatted("revocation"), "40001", 2);

        Api.deleteAll(account).then().statusCode(200);

        assertRevokedOnce(account);
    }

    @ParameterizedTest
    @ValueSource(strings = { "40001", "40P01" })
    void aConflictThatDoesNotPassIsAnswered503AndChangesNothing(String state) {
        String account = Accounts.open("250");
        Accounts.createFiveKeys(account);
        List<String> before = Accounts.everything(account);
        conflict(AT_COMMIT.formatted("revocation"), state, 1_000);

        nothingWasChanged(Api.deleteAll(account));

        assertEquals(4, attempts());
        assertEquals(before, Accounts.everything(account));
    }

    @Test
    void aFlipThatIsRolledBackAtCommitIsMadeOnce() {
        String account = Accounts.open("100");
        String key = Accounts.createKey(account, "key", "10");
        conflict(AT_COMMIT.formatted("proxy_key"), "40001", 2);

        assertFalse(Api.json(Api.toggle(account, key)).get("status").booleanValue());

        assertEquals(List.of("f|"), database.rows("SELECT is_active FROM proxy_key WHERE id = ?", key));
        assertEquals(1L, database.one(Long.class, "SELECT keys_version FROM account WHERE id = ?", account));
    }

    @Test
    void aDeadlockWithATransactionThatBreaksTheRuleEndsWellForTheDeletion() throws Exception {
        String account = Accounts.open("100");
        Accounts.createKey(account, "one", "10");
        Accounts.createKey(account, "two", "10");
        try (Connection spender = database.connect()) {
            // The deletion is the one that finds out, and that PostgreSQL rolls back.
            Postgres.execute(spender, "SET deadlock_timeout = '20s'");
            spender.setAutoCommit(false);
            Accounts.spend(spender, account, "two", "4");
            CompletableFuture<Response> deletion = CompletableFuture.supplyAsync(() -> Api.deleteAll(account));
            database.awaitWaitingForALock(Postgres.FUNCTION_USER);
            // The deletion has the first key and waits for the second; now each waits for the other.
            Accounts.spend(spender, account, "one", "3");
            spender.commit();

            JsonNode answer = Api.json(deletion.join());
            assertEquals(2, answer.get("deleted").intValue(), answer.toString());
            assertEquals(new BigDecimal("13.000000"), answer.get("credits_returned").decimalValue());
        }
        assertEquals(new BigDecimal("93.000000"), Accounts.balance(account));
    }

    @ParameterizedTest
    @ValueSource(strings = { "repeatable read", "serializable" })
    void theDefaultsOfTheRoleDoNotWeakenTheOrder(String isolation) throws Exception {
        database.execute("ALTER ROLE " + Postgres.FUNCTION_USER + " SET default_transaction_isolation = '" + isolation + "'");
        try {
            Harness.tap().closeConnections();
            String account = Accounts.open("100");
            try (Connection creator = database.connect()) {
                Accounts.insertKey(creator, account, "0");
                CompletableFuture<Response> deletion = CompletableFuture.supplyAsync(() -> Api.deleteAll(account));
                database.awaitWaitingForALock(Postgres.FUNCTION_USER);
                creator.commit();

                assertEquals(1, Api.json(deletion.join()).get("deleted").intValue());
            }
            assertEquals(0, Accounts.keys(account));
        } finally {
            database.execute("ALTER ROLE " + Postgres.FUNCTION_USER + " RESET default_transaction_isolation");
            Harness.tap().closeConnections();
        }
    }

    /** The first transactions from now that do this fail, as if others were in the way. A sequence is not rolled back: it counts them. */
    private void conflict(String trigger, String state, int times) {
        database.execute("CREATE SEQUENCE conflicts");
        database.execute("""
                CREATE FUNCTION conflict() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
                BEGIN
                    IF nextval('conflicts') <= %s THEN RAISE EXCEPTION 'conflict' USING ERRCODE = '%s'; END IF;
                    RETURN NEW;
                END $$""".formatted(times, state));
        database.execute(trigger);
    }

    private long attempts() {
        return database.one(Long.class, "SELECT last_value FROM conflicts");
    }

    private static void assertRevokedOnce(String account) {
        assertEquals(0, Accounts.keys(account));
        assertEquals(1, Accounts.receipts(account));
        assertEquals(new BigDecimal("174.500000"), Accounts.balance(account));
    }

    private static void nothingWasChanged(Response response) {
        assertEquals(503, response.statusCode(), response.asString());
        assertTrue(Api.json(response).get("detail").textValue().contains("Nothing was changed"), response.asString());
    }
}
