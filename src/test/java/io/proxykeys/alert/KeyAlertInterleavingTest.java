package io.proxykeys.alert;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.proxykeys.harness.Accounts;
import io.proxykeys.harness.Gateway;
import io.proxykeys.harness.Harness;
import io.proxykeys.harness.Postgres;
import io.proxykeys.revocation.LiveStatements;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** An alert that names a key, against what others do with the same key or secret at the same moment. */
@QuarkusTest
@WithTestResource(Harness.class)
class KeyAlertInterleavingTest {

    /** Creates and deletes here; what waits as the function is the alert. */
    private static final String OWNER = "postgres";
    private static final String CREATE = "SELECT create_proxy_key(?, 'new', sha256(?::bytea), 1, NULL, NULL, NULL)";
    private static final String INSERT = """
            INSERT INTO proxy_key (id, account_id, name, secret_hash, allocated)
            VALUES ('ek-proxy-' || gen_random_uuid(), ?, 'new', sha256(?::bytea), 0)""";

    private final Postgres database = Postgres.shared();
    private final String account = Accounts.open("100");
    private final String other = Accounts.open("100");
    private final String secret = "ek-proxy-sk-of-" + account;

    // --- A creation is in flight when the alert comes -----------------------------------------------------------------

    @ParameterizedTest
    @CsvSource({ "READ_COMMITTED,true", "READ_COMMITTED,false", "REPEATABLE_READ,true", "REPEATABLE_READ,false", "SERIALIZABLE,true",
            "SERIALIZABLE,false" })
    void aKeyWhoseCreationIsInFlightIsWaitedForAndGoes(Isolation isolation, boolean byTheFunction) throws Exception {
        try (Connection creator = connect(isolation)) {
            Postgres.execute(creator, byTheFunction ? CREATE : INSERT, account, secret);
            CompletableFuture<JsonNode> alert = alert();
            database.awaitWaitingForALock(Postgres.FUNCTION_USER);

            creator.commit();

            assertEquals(1, alert.get(20, SECONDS).get("deleted").intValue());
        }
        assertDead();
    }

    @Test
    void aCreationThatIsTakenBackLeavesAnUnknownKey() throws Exception {
        try (Connection creator = connect(Isolation.READ_COMMITTED)) {
            Postgres.execute(creator, CREATE, account, secret);
            CompletableFuture<JsonNode> alert = alert();
            database.awaitWaitingForALock(Postgres.FUNCTION_USER);

            creator.rollback();

            assertFalse(alert.get(20, SECONDS).get("known").booleanValue());
        }
        assertDead();
    }

    // --- The alert is in flight when a creation comes -----------------------------------------------------------------

    @ParameterizedTest
    @CsvSource({ "READ_COMMITTED,true", "READ_COMMITTED,false", "REPEATABLE_READ,true", "REPEATABLE_READ,false", "SERIALIZABLE,true",
            "SERIALIZABLE,false" })
    void aCreationWaitsForAnAlertInFlightAndIsRefused(Isolation isolation, boolean byTheFunction) throws Exception {
        try (Connection alert = connect(Isolation.READ_COMMITTED); Connection creator = connect(isolation)) {
            carryOut(alert);
            // Its snapshot is older than what the alert will have done.
            Postgres.one(creator, Long.class, "SELECT count(*) FROM account");
            CompletableFuture<Void> creation = CompletableFuture.runAsync(() -> create(creator, byTheFunction, account));
            database.awaitWaitingForALock(OWNER);

            alert.commit();

            String refused = assertThrows(CompletionException.class, creation::join).getCause().getMessage();
            assertTrue(refused.contains("PK008") || (isolation != Isolation.READ_COMMITTED && refused.contains("40001")), refused);
        }
        assertDead();
    }

    @Test
    void aCreationSucceedsIfTheAlertIsTakenBack() throws Exception {
        try (Connection alert = connect(Isolation.READ_COMMITTED); Connection creator = connect(Isolation.READ_COMMITTED)) {
            carryOut(alert);
            CompletableFuture<Void> creation = CompletableFuture.runAsync(() -> create(creator, true, account));
            database.awaitWaitingForALock(OWNER);

            alert.rollback();

            creation.get(20, SECONDS);
            creator.commit();
        }
        assertEquals(1, Accounts.keys(account));
    }

    /** Burning after the deletion, and not before, would deadlock here. */
    @Test
    void anotherAccountsCreationOfTheSecretOfAKeyThatIsGoingIsRefused() throws Exception {
        database.execute(CREATE, account, secret);
        try (Connection alert = connect(Isolation.READ_COMMITTED); Connection creator = connect(Isolation.READ_COMMITTED)) {
            carryOut(alert);
            CompletableFuture<Void> creation = CompletableFuture.runAsync(() -> create(creator, true, other));
            database.awaitWaitingForALock(OWNER);

            alert.commit();

            assertTrue(assertThrows(CompletionException.class, creation::join).getCause().getMessage().contains("PK008"));
        }
        assertDead();
    }

    // --- The key moves while the alert waits -------------------------------------------------------------------------

    /** The secret is another account's by the time that the alert has the lock of the first one. */
    @Test
    void aKeyThatWasDeletedAndIsCreatedByAnotherAccountInBetweenGoesOrIsRefused() throws Exception {
        database.execute(CREATE, account, secret);
        try (Connection deleter = connect(Isolation.READ_COMMITTED); Connection creator = connect(Isolation.READ_COMMITTED)) {
            LiveStatements.lock(deleter, account);
            Postgres.execute(deleter, "DELETE FROM proxy_key WHERE account_id = ?", account);
            CompletableFuture<Void> creation = CompletableFuture.runAsync(() -> create(creator, true, other));
            database.awaitWaitingForALock(OWNER);
            CompletableFuture<JsonNode> alert = alert();
            database.awaitWaitingForALock(Postgres.FUNCTION_USER);

            // From here on both go on at the same time: the one takes the hash's place among the keys, the other waits for it.
            deleter.commit();
            int deleted = 1;
            try {
                creation.get(20, SECONDS);
                creator.commit();
            } catch (ExecutionException refused) {
                assertTrue(refused.getMessage().contains("PK008"), refused.getMessage());
                creator.rollback();
                deleted = 0;
            }

            assertEquals(deleted, alert.get(20, SECONDS).get("deleted").intValue());
            assertEquals(deleted, Accounts.receipts(other));
        }
        assertDead();
    }

    @ParameterizedTest
    @ValueSource(booleans = { true, false })
    void aKeyThatSomebodyDeletesMeanwhileIsUnknownOrGoesIfThatIsTakenBack(boolean committed) throws Exception {
        database.execute(CREATE, account, secret);
        try (Connection deleter = LiveStatements.connect()) {
            LiveStatements.lock(deleter, account);
            LiveStatements.deleteAll(deleter, account);
            CompletableFuture<JsonNode> alert = alert();
            database.awaitWaitingForALock(Postgres.FUNCTION_USER);

            if (committed) {
                deleter.commit();
            } else {
                deleter.rollback();
            }

            assertEquals(committed ? 0 : 1, alert.get(20, SECONDS).get("deleted").intValue());
        }
        assertDead();
        assertEquals(1, Accounts.receipts(account));
        assertEquals(new BigDecimal("100.000000"), Accounts.balance(account));
        // Either way it is known from now on whose key it was.
        assertEquals(List.of(account + "|t|"), database.rows(
                "SELECT account_id, key_id IS NOT NULL FROM burnt_secret WHERE secret_hash = sha256(?::bytea)", secret));
    }

    @ParameterizedTest
    @ValueSource(strings = { "SELECT spend_credits(sha256(?::bytea), 0.25)", "SELECT hold_credits(sha256(?::bytea), 0.25, 60)" })
    void whatIsBeingSpentIsWaitedForAndNotGivenBack(String spend) throws Exception {
        database.execute(CREATE, account, secret);
        try (Connection spender = connect(Isolation.READ_COMMITTED)) {
            Postgres.execute(spender, spend, secret);
            CompletableFuture<JsonNode> alert = alert();
            database.awaitWaitingForALock(Postgres.FUNCTION_USER);

            spender.commit();

            assertEquals(new BigDecimal("0.750000"), alert.get(20, SECONDS).get("credits_returned").decimalValue());
        }
        assertDead();
        assertEquals(new BigDecimal("99.750000"), Accounts.balance(account));
    }

    // --- Burnt secrets afterwards ------------------------------------------------------------------------------------

    @Test
    void ofBurntSecretsOnlyThoseThatWereNoKeysArePurgedAfter90Days() {
        database.execute(CREATE, account, secret);
        alert().join();
        database.execute("INSERT INTO burnt_secret (secret_hash) VALUES (sha256(?::bytea)), (sha256(?::bytea))", "old " + account, "new "
                + account);
        database.execute("UPDATE burnt_secret SET burnt_at = now() - interval '91 days' WHERE secret_hash <> sha256(?::bytea)", "new "
                + account);

        while (database.one(Integer.class, "SELECT purge_receipts()") > 0) {
            // In batches.
        }

        assertEquals(List.of("f|t|t|"), database.rows("""
                SELECT EXISTS (SELECT FROM burnt_secret WHERE secret_hash = sha256(?::bytea)),
                       EXISTS (SELECT FROM burnt_secret WHERE secret_hash = sha256(?::bytea)),
                       EXISTS (SELECT FROM burnt_secret WHERE secret_hash = sha256(?::bytea))""",
                "old " + account, "new " + account, secret));
    }

    /** Each row would otherwise read all that the others of its statement have put into the table and taken out again. */
    @Test
    void theTriggerFindsItsRowsByTheIndexWhateverThePlannerExpects() {
        assertTrue(database.one(Boolean.class,
                "SELECT 'enable_seqscan=off' = ANY (proconfig) FROM pg_proc WHERE proname = 'refuse_burnt_secret'"));
    }

    private enum Isolation {
        READ_COMMITTED, REPEATABLE_READ, SERIALIZABLE
    }

    private Connection connect(Isolation isolation) throws SQLException {
        Connection connection = database.connect();
        connection.setAutoCommit(false);
        Postgres.execute(connection, "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL " + isolation.name().replace('_', ' '));
        connection.commit();
        return connection;
    }

    private void create(Connection creator, boolean byTheFunction, String owner) {
        try {
            Postgres.execute(creator, byTheFunction ? CREATE : INSERT, owner, secret);
        } catch (SQLException e) {
            throw new IllegalStateException(e.getSQLState() + ": " + e.getMessage(), e);
        }
    }

    /** As the function does it, and not committed. */
    private void carryOut(Connection alert) throws SQLException {
        Postgres.execute(alert, "SELECT lock_account_of_key(NULL, sha256(?::bytea), false, NULL)", secret);
        Postgres.execute(alert, """
                SELECT carry_out_alert(gen_random_uuid(), (SELECT account_id FROM proxy_key WHERE secret_hash = sha256(?::bytea)),
                                       NULL, NULL,
                                       sha256(?::bytea), NULL, false, ?, 'test', NULL, NULL, NULL, now(), 0)""", secret, secret, account);
    }

    private CompletableFuture<JsonNode> alert() {
        ObjectNode event = Gateway.alert("", UUID.randomUUID().toString(), Instant.now()).put("detail-type", "Proxy Key Compromised");
        event.putObject("detail").put("key_sha256", database.one(String.class, "SELECT encode(sha256(?::bytea), 'hex')", secret));
        return CompletableFuture.supplyAsync(() -> {
            Gateway.Result result = Gateway.invoke(event);
            assertFalse(result.functionError(), result.payload().toString());
            return result.payload();
        });
    }

    /** No key has the secret, and none can ever have it again. */
    private void assertDead() {
        assertEquals(0L, database.one(Long.class, "SELECT count(*) FROM proxy_key WHERE secret_hash = sha256(?::bytea)", secret));
        IllegalStateException refused = assertThrows(IllegalStateException.class, () -> database.execute(CREATE, account, secret));
        assertTrue(refused.getMessage().contains("has leaked"), refused.getMessage());
    }
}
