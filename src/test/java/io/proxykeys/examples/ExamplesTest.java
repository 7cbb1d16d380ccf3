package io.proxykeys.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.proxykeys.harness.Accounts;
import io.proxykeys.harness.Api;
import io.proxykeys.harness.Harness;
import io.proxykeys.harness.Issuer;
import io.proxykeys.harness.Postgres;
import io.proxykeys.harness.WireTap;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.eclipse.microprofile.config.ConfigProvider;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The programs in {@code src/examples}, started as a user starts them, against the real application. */
@QuarkusTest
@WithTestResource(Harness.class)
class ExamplesTest {

    private static final Path EXAMPLES = Path.of("src/examples").toAbsolutePath();

    private static final int DONE = 0;
    private static final int ABORTED = 1;
    private static final int USAGE = 2;
    private static final int UNAUTHENTICATED = 3;
    private static final int FORBIDDEN = 4;
    private static final int NETWORK = 5;
    private static final int REFUSED = 6;

    /** Every way to run an example that changes something if it is let. */
    static Stream<List<String>> everyExample() {
        return Stream.of(
                List.of("safe_bulk_delete.py", "--yes"),
                List.of("safe_bulk_delete.sh", "--yes"),
                List.of("bulk_toggle.py", "--disable"),
                List.of("selective_cleanup.py"),
                List.of("security_incident.py", "--give-up-after", "1"),
                List.of("rotate.py", "--give-up-after", "1"),
                List.of("create_key.py", "--name", "new", "--credits", "1", "--give-up-after", "1"));
    }

    private final Postgres database = Postgres.shared();
    private final String account = Accounts.open("1250");

    @TempDir
    Path folder;

    @AfterEach
    void repair() {
        Harness.tap().reset();
    }

    // --- What each example does ---------------------------------------------------------------------------------------

    @ParameterizedTest
    @ValueSource(strings = { "safe_bulk_delete.py", "safe_bulk_delete.sh" })
    void safeBulkDeletionSavesAsksDeletesAndChecks(String example) {
        Accounts.createFiveKeys(account);
        String listed = Api.with(token()).get("/v1/auth/proxy").asString();

        Run run = example(example, "--backup", "backup.json").answering("DELETE").run();

        run.ends(DONE);
        run.says("5 proxy keys are saved in backup.json.");
        run.says("5 proxy keys will be deleted for good; 174.500000 credits come back to the balance.");
        run.says("Type DELETE");
        run.says("Receipt   " + database.one(String.class, "SELECT id::text FROM revocation WHERE account_id = ?", account));
        run.says("Deleted   5\nReturned  174.500000 credits\nBalance   1174.500000 credits\n");
        run.says("Checked: no proxy key is left.");
        assertEquals(0, Accounts.keys(account));
        assertEquals(new BigDecimal("1174.500000"), Accounts.balance(account));
        assertEquals(listed.strip(), read("backup.json").strip(), "saved exactly as listed");
        assertEquals("rw-------", permissions("backup.json"));
    }

    @ParameterizedTest
    @ValueSource(strings = { "safe_bulk_delete.py", "safe_bulk_delete.sh" })
    void anythingElseThanDeleteAbortsAndChangesNothing(String example) {
        Accounts.createFiveKeys(account);
        List<String> before = Accounts.everything(account);

        for (String typed : List.of("delete", "yes", "DELETE please", "")) {
            example(example, "--backup", "before " + typed + ".json").answering(typed).run().ends(ABORTED)
                    .complains("Aborted. Nothing was changed.");
        }
        example(example, "--backup", "before the end.json").run().ends(ABORTED).complains("Aborted. Nothing was changed.");

        assertEquals(before, Accounts.everything(account));
    }

    @ParameterizedTest
    @ValueSource(strings = { "safe_bulk_delete.py", "safe_bulk_delete.sh" })
    void aBackupIsNeverOverwritten(String example) throws IOException {
        Accounts.createFiveKeys(account);
        Files.writeString(folder.resolve("backup.json"), "precious");

        example(example, "--yes", "--backup", "backup.json").run().ends(USAGE).complains("backup.json exists already");

        assertEquals("precious", read("backup.json"));
        assertEquals(5, Accounts.keys(account));
        assertEquals(List.of("backup.json"), files());
    }

    @ParameterizedTest
    @ValueSource(strings = { "safe_bulk_delete.py", "safe_bulk_delete.sh" })
    void withoutKeysThereIsNothingToDoAndNoFileIsLeft(String example) {
        example(example, "--yes").run().ends(DONE).says("There are no proxy keys. Nothing was changed.");

        assertEquals(0, Accounts.receipts(account));
        assertEquals(List.of(), files());
    }

    @ParameterizedTest
    @ValueSource(strings = { "safe_bulk_delete.py", "safe_bulk_delete.sh" })
    void keysMadeMeanwhileAreTold(String example) {
        Accounts.createFiveKeys(account);
        try (Front front = Front.afterTheDeletion(() -> Accounts.createKey(account, "newer", "1"))) {
            example(example, "--yes").at(front.url()).run().ends(DONE).says("Deleted   5")
                    .says("none of the deleted keys is left. 1 proxy keys were made while this ran and still work");
        }
        assertEquals(1, Accounts.keys(account));
    }

    @ParameterizedTest
    @ValueSource(strings = { "safe_bulk_delete.py", "safe_bulk_delete.sh" })
    void aNameCannotPassForAKey(String example) {
        List<String> names = List.of("{\"key\":\"x\"},{\"key\":", "\u001b[2J\\\"]\u00e4");
        for (String name : names) {
            String id = Accounts.createKey(account, "k" + name.length(), "1");
            database.execute("UPDATE proxy_key SET name = ? WHERE id = ?", name, id);
        }

        example(example, "--yes", "--backup", "backup.json").run().ends(DONE)
                .says("2 proxy keys are saved").says("Deleted   2").says("Checked: no proxy key is left.");

        assertEquals(names, Api.json(read("backup.json")).findValuesAsText("name"));
    }

    @ParameterizedTest
    @ValueSource(strings = { "safe_bulk_delete.py", "safe_bulk_delete.sh" })
    void aLongListIsSavedToItsLastPage(String example) {
        database.execute("""
                INSERT INTO proxy_key (id, account_id, name, secret_hash, allocated, used, created_at)
                SELECT 'ek-proxy-' || ? || '-' || n, ?, 'key ' || n, sha256((? || n)::bytea), 2.000001, 1, '2026-01-01'
                  FROM generate_series(1, 15010) n""", account, account, account);

        Run run = example(example, "--yes", "--backup", "backup.json").run();

        run.ends(DONE).says("15010 proxy keys are saved in backup.json.");
        run.says("Deleted   15010\nReturned  15010.015010 credits");
        JsonNode saved = Api.json(read("backup.json"));
        assertEquals(15_010, saved.size());
        assertEquals(15_010, new HashSet<>(saved.findValuesAsText("key")).size());
        assertEquals(new BigDecimal("2.000001"), saved.get(15_009).get("allocated_ammount").decimalValue());
        assertEquals(0, Accounts.keys(account));
    }

    @Test
    void whatIsDisabledIsEnabledAgainAndNothingElse() {
        List<String> ids = Accounts.createFiveKeys(account);

        Run disabled = example("bulk_toggle.py", "--disable").run().ends(DONE).says("4 proxy keys are disabled.\n");

        String suspension = database.one(String.class, "SELECT id::text FROM suspension WHERE account_id = ?", account);
        disabled.says("To enable them again: bulk_toggle.py --enable " + suspension + "\n");
        assertEquals(0, active());
        example("bulk_toggle.py", "--enable", suspension).run().ends(DONE).says("4 proxy keys are enabled again.\n").doesNotSay("left");
        assertEquals(4, active());
        assertEquals(1, count("SELECT count(*) FROM proxy_key WHERE id = ? AND NOT is_active", ids.get(3)), "disabled before");
        assertEquals(new BigDecimal("1000.000000"), Accounts.balance(account), "moves no credits");
    }

    @Test
    void whatWasTouchedSinceItWasDisabledIsLeftAsItIs() {
        List<String> ids = Accounts.createFiveKeys(account);
        example("bulk_toggle.py", "--disable").run().ends(DONE);
        Api.remove(account, ids.get(0)).then().statusCode(200);
        Api.toggle(account, ids.get(1), false).then().statusCode(200);

        String suspension = database.one(String.class, "SELECT id::text FROM suspension WHERE account_id = ?", account);
        example("bulk_toggle.py", "--enable", suspension).run().ends(DONE).says("2 proxy keys are enabled again.\n")
                .says("2 were enabled, disabled, suspended or deleted since, and are left as they are.");

        assertEquals(2, active());
    }

    @Test
    void disablingKeepsToTheSelection() {
        Accounts.createFiveKeys(account);

        example("bulk_toggle.py", "--disable", "--name-prefix", "un").run().ends(DONE)
                .says("1 proxy keys whose name begins with un are disabled.\n");

        assertEquals("unused|disabled|", String.join("", database.rows(
                "SELECT name FROM proxy_key WHERE account_id = ? AND NOT is_active ORDER BY created_at", account)));
        example("bulk_toggle.py", "--disable", "--name-prefix", "nobody").run().ends(DONE)
                .says("0 proxy keys whose name begins with nobody are disabled.").doesNotSay("--enable");
        example("bulk_toggle.py", "--disable", "--status", "expired").run().ends(DONE).says("1 expired proxy keys are disabled.");
        example("bulk_toggle.py", "--disable", "--name-prefix", "").run().ends(USAGE).complains("1 to 25 characters");
        example("bulk_toggle.py", "--enable", UUID.randomUUID().toString()).run().ends(REFUSED).complains("Refused (404)");
        assertEquals(2, active());
    }

    @Test
    void disablingWhoseAnswerIsLostHappensOnce() {
        Accounts.createFiveKeys(account);
        try (Front front = Front.losingTheFirst("POST /v1/auth/proxy/suspend ")) {
            example("bulk_toggle.py", "--disable").at(front.url()).run().ends(DONE).complains("No answer: ").says(
                    "4 proxy keys are disabled.");
        }
        assertEquals(1, count("SELECT count(*) FROM suspension WHERE account_id = ?", account));
    }

    @Test
    void aProjectIsCleanedUpInTwoCalls() {
        Accounts.createFiveKeys(account);
        Accounts.createKey(account, "demo-%", "10");
        Accounts.createKey(account, "demo-2", "20");
        try (Front front = Front.plain()) {
            example("selective_cleanup.py", "--name-prefix", "demo-", "--dry-run").at(front.url()).run().ends(DONE)
                    .says("2 proxy keys whose name begins with demo-, which hold 30.000000 unused credits.").says("Nothing was changed.");
            example("selective_cleanup.py", "--name-prefix", "demo-").at(front.url()).run().ends(ABORTED);
            assertEquals(7, Accounts.keys(account));

            example("selective_cleanup.py", "--name-prefix", "demo-").at(front.url()).answering("DELETE").run().ends(DONE)
                    .says("Deleted   2\nReturned  30.000000 credits");

            assertEquals(4, front.requests().size(), front.requests().toString());
        }
        assertEquals(5, Accounts.keys(account));
        example("selective_cleanup.py", "--name-prefix", "un", "--status", "expired").run().ends(DONE)
                .says("0 expired proxy keys whose name begins with un,");
        example("selective_cleanup.py", "--status", "never_used", "--name-prefix", "un", "--yes").run().ends(DONE).says("Deleted   1\n");
        example("selective_cleanup.py", "--name-prefix", "").run().ends(USAGE).complains("1 to 25 characters");
        example("selective_cleanup.py", "--status", "inactive").run().ends(DONE).says("Deleted   1\n");
        assertEquals(3, Accounts.keys(account));
    }

    @Test
    void cleanupDeletesNothingButExpiredKeys() {
        List<String> ids = Accounts.createFiveKeys(account);
        List<String> before = Accounts.everything(account);

        example("selective_cleanup.py", "--dry-run").run().ends(DONE)
                .says("1 expired proxy keys, which hold 40.000000 unused credits.").says("Nothing was changed.");
        assertEquals(before, Accounts.everything(account));

        example("selective_cleanup.py").run().ends(DONE).says("Deleted   1\nReturned  40.000000 credits");
        assertEquals(4, Accounts.keys(account));
        assertEquals(0, count("SELECT count(*) FROM proxy_key WHERE id = ?", ids.get(2)));
        assertEquals(1, count("SELECT count(*) FROM revocation WHERE account_id = ? AND operation = 'expired'", account));

        example("selective_cleanup.py").run().ends(DONE).says("0 expired proxy keys").says("Nothing was changed.");
        assertEquals(1, Accounts.receipts(account));
    }

    @Test
    void anIncidentIsOneCallWithoutAQuestion() {
        Accounts.createFiveKeys(account);
        try (Front front = Front.plain()) {
            example("security_incident.py").as(Issuer.shared().token(account, Issuer.DELETE)).at(front.url()).run()
                    .ends(DONE).says("All proxy keys are revoked").says("Deleted   5");
            assertEquals(1, front.requests().size(), front.requests().toString());
        }
        assertEquals(0, Accounts.keys(account));
    }

    @Test
    void anIncidentIsContinuedWithItsIdempotencyKeyAndOldAnswersAreNotMistakenForNewOnes() {
        Accounts.createFiveKeys(account);
        example("security_incident.py", "--idempotency-key", "tonight").run().ends(DONE).says("Deleted   5")
                .doesNotSay("still work");
        Accounts.createKey(account, "newer", "1");

        example("security_incident.py", "--idempotency-key", "tonight").run().ends(DONE).says("Deleted   5")
                .says("Proxy keys made after that still work");

        assertEquals(1, Accounts.receipts(account));
        assertEquals(1, Accounts.keys(account));
    }

    @Test
    void anIncidentCanKeepAStolenTokenFromCreatingKeys() {
        Accounts.createFiveKeys(account);
        example("security_incident.py", "--idempotency-key", "tonight").run().ends(DONE).says("Deleted   5").doesNotSay("For ");
        Api.create(account, "made by a thief", "1").then().statusCode(200);

        example("security_incident.py", "--idempotency-key", "tonight", "--block-new-keys").run().ends(REFUSED)
                .complains("run this without --idempotency-key");
        example("security_incident.py", "--block-new-keys").run().ends(DONE).says("Deleted   1").says("For 900 s");

        Api.create(account, "made by a thief", "1").then().statusCode(409);
        example("security_incident.py", "--block-new-keys", "4000").run().ends(USAGE);
    }

    @Test
    void whateverHasASecretIsForItsOwnerOnlyAndNotForGit() throws IOException {
        Accounts.createFiveKeys(account);
        example("create_key.py", "--name", "new", "--credits", "1").run().ends(DONE);
        example("rotate.py").run().ends(DONE);
        example("safe_bulk_delete.py", "--yes").run().ends(DONE);
        example("safe_bulk_delete.sh", "--yes").run().ends(DONE);

        List<String> ignored = Files.readAllLines(EXAMPLES.resolve("../../.gitignore"));
        for (String file : files()) {
            assertEquals("rw-------", permissions(file), file);
            assertTrue(ignored.stream().anyMatch(rule -> FileSystems.getDefault().getPathMatcher("glob:" + rule).matches(Path.of(file))),
                    file + " is not ignored");
        }
        assertTrue(files().stream().anyMatch(file -> file.startsWith("proxy-key-new-")), files().toString());
    }

    @Test
    void anIncidentIsRepeatedUntilTheDatabaseIsBack() {
        Accounts.createFiveKeys(account);
        try (Front front = Front.plain()) {
            Harness.tap().fault(WireTap.Fault.REFUSE);
            Harness.tap().closeConnections();

            Run run = example("security_incident.py").at(front.url())
                    .onceItSays("Trying again", () -> Harness.tap().reset()).run();

            run.ends(DONE).complains("Refused (503)").says("Deleted   5");
            assertTrue(front.requests().size() > 1, "not repeated");
            assertEquals(1, new HashSet<>(front.idempotencyKeys()).size(), front.requests().toString());
        }
        assertEquals(1, Accounts.receipts(account));
    }

    @Test
    void anIncidentGivesUpWhenToldAndSaysHowToGoOn() {
        Harness.tap().fault(WireTap.Fault.REFUSE);
        Harness.tap().closeConnections();

        example("security_incident.py", "--give-up-after", "1", "--idempotency-key", "tonight").run().ends(REFUSED)
                .complains("Refused (503)").complains("repeat the same call with the Idempotency-Key tonight");
    }

    @Test
    void rotationGivesNewSecretsAndTheOldOnesWorkOn() {
        List<String> ids = Accounts.createFiveKeys(account);

        Run run = example("rotate.py", "--output", "new.json").run();

        run.ends(DONE).says("4 of 4 proxy keys are rotated.").says("The old secrets work until ")
                .says("The secrets of 4 are in new.json, and nowhere else.").doesNotSay("ek-proxy-sk-");
        assertEquals(0, Accounts.receipts(account));
        assertEquals(new BigDecimal("1174.500000"), Accounts.unspent(account));
        assertEquals("rw-------", permissions("new.json"));
        JsonNode keys = Api.json(read("new.json"));
        assertEquals(List.of(ids.get(0), ids.get(1), ids.get(3), ids.get(4)), keys.findValuesAsText("id"), "not the expired one");
        assertEquals(List.of("partly used", "unused", "disabled", "fully used"), keys.findValuesAsText("name"));
        spend(keys.get(0).get("key").textValue());
        spend(Accounts.secret(account, "partly used"));
    }

    @Test
    void rotationWithoutAnOverlapEndsTheOldSecretsOfTheSelectedKeys() {
        Accounts.createFiveKeys(account);

        example("rotate.py", "--overlap", "0", "--name-prefix", "un", "--output", "new.json").run().ends(DONE)
                .says("1 of 1 proxy keys are rotated.").says("The old secrets do not work any more.");

        assertThrows(IllegalStateException.class, () -> spend(Accounts.secret(account, "unused")));
        spend(Api.json(read("new.json")).get(0).get("key").textValue());
        spend(Accounts.secret(account, "partly used"));
        for (String wrong : List.of("-1", "604801", "x", "")) {
            example("rotate.py", "--overlap", wrong).run().ends(USAGE).complains("--overlap");
        }
    }

    @Test
    void rotationHandsEachKeyToACommandAndKeepsWhatThatDoesNotTake() throws IOException {
        Accounts.createFiveKeys(account);
        Files.writeString(folder.resolve("store.py"), """
                import json, sys
                key = json.load(sys.stdin)
                if key["name"] == "unused":
                    sys.exit(7)
                open("store-" + key["name"] + ".txt", "w").write(key["key"])
                """);

        Run run = example("rotate.py", "--output", "new.json", "--command", "python3 store.py").run();

        run.ends(DONE).complains("The command ended with 7 for ek-proxy-").says("The secrets of 1 are in new.json");
        spend(read("store-partly used.txt"));
        assertEquals(List.of("unused"), Api.json(read("new.json")).findValuesAsText("name"));
        spend(Api.json(read("new.json")).get(0).get("key").textValue());
    }

    @Test
    void rotationLeavesNoFileIfACommandTakesAllOrThereIsNoKey() {
        example("rotate.py").run().ends(DONE).says("There are no proxy keys to rotate. Nothing was changed.");
        Accounts.createKey(account, "key", "1");

        example("rotate.py", "--command", "true").run().ends(DONE).says("1 of 1 proxy keys are rotated.").doesNotSay("nowhere else");

        assertEquals(List.of(), files());
    }

    @Test
    void rotationLeavesOutAKeyThatWasDeletedSinceItWasListed() {
        List<String> ids = Accounts.createFiveKeys(account);
        try (Front front = Front.before("POST /v1/auth/proxy/rotate ", () -> database.execute("DELETE FROM proxy_key WHERE id = ?", ids.get(
                1)))) {
            example("rotate.py", "--output", "new.json").at(front.url()).run().ends(DONE).says("3 of 4 proxy keys are rotated.");
        }
        assertEquals(List.of(ids.get(0), ids.get(3), ids.get(4)), Api.json(read("new.json")).findValuesAsText("id"));
    }

    @Test
    void rotationWhoseAnswerIsLostIsRepeatedAndNothingThatIsInUseEnds() {
        Accounts.createFiveKeys(account);
        try (Front front = Front.losingTheFirst("POST /v1/auth/proxy/rotate ")) {
            example("rotate.py", "--output", "new.json").at(front.url()).run().ends(DONE).complains("No answer: ")
                    .says("4 of 4 proxy keys are rotated.");
        }
        spend(Api.json(read("new.json")).get(0).get("key").textValue());
        spend(Accounts.secret(account, "partly used"));
    }

    @Test
    void moreKeysThanACallTakesAreRotatedInSeveral() {
        database.execute("""
                INSERT INTO proxy_key (id, account_id, name, secret_hash, allocated)
                SELECT 'ek-proxy-' || ? || '-' || n, ?, 'key ' || n, sha256((? || n)::bytea), 1 FROM generate_series(1, 2010) n""",
                account, account, account);

        example("rotate.py", "--output", "new.json").run().ends(DONE).says("2010 of 2010 proxy keys are rotated.");

        assertEquals(2010, new HashSet<>(Api.json(read("new.json")).findValuesAsText("key")).size());
    }

    @Test
    void anEarlierDeletionIsRecreatedOnceAndNothingIsDeleted() {
        Accounts.createFiveKeys(account);
        String receipt = Api.json(Api.deleteAll(account)).get("revocation_id").textValue();
        String token = Issuer.shared().token(account, Issuer.READ + " " + Issuer.CREATE);

        example("rotate.py", "--receipt", receipt, "--output", "new.json").as(token).run().ends(DONE)
                .says("3 of 5 proxy keys are recreated.");
        assertEquals(1, Accounts.receipts(account), "an earlier receipt is read and nothing is deleted");
        JsonNode keys = Api.json(read("new.json"));
        assertEquals("54.500000", keys.get(0).get("allocated_ammount").textValue());
        spend(keys.get(0).get("key").textValue());

        example("rotate.py", "--receipt", receipt, "--output", "again.json").as(token).run().ends(REFUSED)
                .complains("Refused (409): These keys were recreated already");
        assertEquals(3, Accounts.keys(account));
        assertEquals(List.of("new.json"), files());
    }

    @Test
    void aRecreationWhoseAnswerIsLostGivesTheNewKeysOtherSecrets() {
        Accounts.createFiveKeys(account);
        String receipt = Api.json(Api.deleteAll(account)).get("revocation_id").textValue();
        try (Front front = Front.losingTheFirstRecreation()) {
            example("rotate.py", "--receipt", receipt, "--output", "new.json").at(front.url()).run().ends(DONE).complains("No answer: ")
                    .complains("Rotating the new keys.").says("3 of 5 proxy keys are recreated.");
        }
        assertEquals(3, Accounts.keys(account));
        assertEquals(1, Accounts.receipts(account));
        JsonNode keys = Api.json(read("new.json"));
        assertEquals(3, keys.findValuesAsText("replaces").size());
        spend(keys.get(0).get("key").textValue());
    }

    @Test
    void rotationAndRecreationDuringABlockSayHowToGoOn() {
        Accounts.createFiveKeys(account);
        Accounts.block(account, 600);

        example("rotate.py").run().ends(REFUSED).complains("Refused (409)").complains("run rotate.py again");

        String receipt = Api.json(Api.deleteAll(account)).get("revocation_id").textValue();
        example("rotate.py", "--receipt", receipt).run().ends(REFUSED).complains("Refused (409)").complains("run rotate.py --receipt "
                + receipt);
        assertEquals(0, Accounts.keys(account));
        assertEquals(List.of(), files());
    }

    @Test
    void anIncidentSaysHowItsKeysAreRecreated() {
        Accounts.createFiveKeys(account);

        Run incident = example("security_incident.py").run();

        String receipt = database.one(String.class, "SELECT id::text FROM revocation WHERE account_id = ?", account);
        incident.ends(DONE).says("rotate.py --receipt " + receipt);
        example("rotate.py", "--receipt", receipt).run().ends(DONE).says("3 of 5 proxy keys are recreated.");
        example("security_incident.py").as(Issuer.shared().token(Accounts.open("1"))).run().ends(DONE).doesNotSay("rotate.py");
    }

    @Test
    void aKeyIsCreatedAndItsSecretKept() {
        Run run = example("create_key.py", "--name", "my \"project\"", "--credits", "12345.123456", "--days", "30", "--model", "large",
                "--model", "small", "--ip", "10.0.0.0/8", "--output", "key.json").run();

        run.ends(REFUSED).complains("Refused (402)");
        assertEquals(List.of(), files());

        database.execute("UPDATE account SET balance = 12345.123456 WHERE id = ?", account);
        run = example("create_key.py", "--name", "my \"project\"", "--credits", "12345.123456", "--days", "30", "--model", "large",
                "--model", "small", "--ip", "10.0.0.0/8", "--output", "key.json").run();

        run.ends(DONE).says("Allocated  12345.123456 credits").says("The secret is in key.json").doesNotSay("ek-proxy-sk-");
        assertEquals("rw-------", permissions("key.json"));
        JsonNode key = Api.json(read("key.json")).get(0);
        JsonNode listed = Api.json(Api.list(account)).get(0);
        assertEquals("my \"project\"", listed.get("name").textValue());
        assertEquals("[\"large\",\"small\"]", listed.get("model_whitelist").toString());
        assertEquals(key.get("id"), listed.get("key"));
        assertEquals("0.000000", Accounts.balance(account).toString());
        spend(key.get("key").textValue());
    }

    @Test
    void aCreationWhoseAnswerIsLostIsNotRepeated() {
        try (Front front = Front.losingTheFirst("POST /v1/auth/proxy/create ")) {
            example("create_key.py", "--name", "once", "--credits", "1").at(front.url()).run().ends(NETWORK)
                    .complains("It is not known whether this was done.").complains("the list shows it with the name once");
        }
        assertEquals(1, Accounts.keys(account));
        assertEquals(List.of(), files());
    }

    @Test
    void aCreationIsRepeatedWhileItIsCertainThatNothingWasChanged() {
        Harness.tap().fault(WireTap.Fault.REFUSE);
        Harness.tap().closeConnections();

        example("create_key.py", "--name", "once", "--credits", "1").onceItSays("Trying again", () -> Harness.tap().reset()).run()
                .ends(DONE).complains("Refused (503)");

        assertEquals(1, Accounts.keys(account));
    }

    @Test
    void rotationChangesNothingIfItsFileCannotBeWritten() throws IOException {
        Accounts.createFiveKeys(account);
        List<String> before = Accounts.everything(account);
        Files.writeString(folder.resolve("new.json"), "precious");

        example("rotate.py", "--output", "new.json").run().ends(USAGE).complains("new.json exists already");
        example("rotate.py", "--output", "missing/new.json").run().ends(USAGE).complains("cannot be written");

        assertEquals("precious", read("new.json"));
        assertEquals(before, Accounts.everything(account));
    }

    // --- Refusals and failures ----------------------------------------------------------------------------------------

    @ParameterizedTest
    @MethodSource("everyExample")
    void aBadTokenAsksForANewOne(List<String> command) {
        List<String> before = accountWithKeys();

        example(command).as(token() + "x").run().ends(UNAUTHENTICATED).complains("Not authenticated (401)")
                .complains("Set PROXY_KEYS_TOKEN to a new token.");

        assertEquals(before, Accounts.everything(account));
        assertEquals(List.of(), files());
    }

    @ParameterizedTest
    @MethodSource("everyExample")
    void aMissingScopeIsNamed(List<String> command) {
        List<String> before = accountWithKeys();
        String missing = switch (command.get(0)) {
            case "bulk_toggle.py" -> Issuer.WRITE;
            // Asked before anything is deleted.
            case "rotate.py", "create_key.py" -> Issuer.CREATE;
            default -> Issuer.DELETE;
        };

        example(command).as(Issuer.shared().token(account, Issuer.READ)).run().ends(FORBIDDEN)
                .complains("Not allowed (403): the token lacks the scope " + missing);

        assertEquals(before, Accounts.everything(account));
    }

    @ParameterizedTest
    @MethodSource("everyExample")
    void aClosedPortIsANetworkFailure(List<String> command) throws IOException {
        int port;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }

        example(command).at("http://localhost:" + port).run().ends(NETWORK).complains("No answer: ");

        assertEquals(List.of(), files());
    }

    @ParameterizedTest
    @MethodSource("everyExample")
    void otherRefusalsComeWithTheirDetail(List<String> command) {
        List<String> before = accountWithKeys();

        example(command).at(api() + "/elsewhere").run().ends(REFUSED)
                .complains("Refused (404): There is nothing here. Paths and methods have to match exactly.");

        assertEquals(before, Accounts.everything(account));
    }

    @ParameterizedTest
    @MethodSource("everyExample")
    void missingOrMalformedSettingsAreNamedAndATokenIsNotRepeated(List<String> command) {
        example(command).as("").run().ends(USAGE).complains("Set PROXY_KEYS_TOKEN");
        example(command).as("Bearer " + token()).run().ends(USAGE).complains("Set PROXY_KEYS_TOKEN");
        example(command).as(token() + "\nX-Header: 1").run().ends(USAGE).complains("Set PROXY_KEYS_TOKEN");
        example(command).at("").run().ends(USAGE).complains("Set PROXY_KEYS_URL");
        example(command).at("localhost:8080").run().ends(USAGE).complains("Set PROXY_KEYS_URL");
        List<String> misspelt = new ArrayList<>(command);
        misspelt.add("--unknown");
        example(misspelt).run().ends(USAGE).complains("usage");
        assertEquals(List.of(), files());
    }

    @ParameterizedTest
    @ValueSource(strings = { "safe_bulk_delete.py --yes", "safe_bulk_delete.sh --yes", "selective_cleanup.py",
            "security_incident.py" })
    void theLimitIsWaitedForAsTold(String command) {
        Accounts.createFiveKeys(account);
        // Ten calls at once, one each 6 s: the next is let through when less than 54 s are paid for in advance.
        Accounts.payInAdvance(account, "delete-all", 58);

        Run run = example(List.of(command.split(" "))).run();

        run.ends(DONE).complains("Refused (429)").says("Deleted   ");
        assertTrue(run.errors().matches("(?s).*Trying again in [2-4] s\\..*"), run.errors());
        assertEquals(2, run.errors().split("Trying again", -1).length, "waits once: " + run.errors());
        assertEquals(1, Accounts.receipts(account));
    }

    @ParameterizedTest
    @ValueSource(strings = { "safe_bulk_delete.py", "safe_bulk_delete.sh" })
    void aLimitThatLastsTooLongIsARefusal(String example) {
        accountWithKeys();
        Accounts.payInAdvance(account, "delete-all", 3600);
        List<String> before = Accounts.everything(account);

        example(example, "--yes").run().ends(REFUSED).complains("Refused (429): This account's limit");

        assertEquals(before, Accounts.everything(account));
    }

    @ParameterizedTest
    @ValueSource(strings = { "safe_bulk_delete.py --yes", "safe_bulk_delete.sh --yes", "selective_cleanup.py",
            "security_incident.py" })
    void aLostAnswerIsAskedForAgainWithTheSameIdempotencyKey(String command) {
        Accounts.createFiveKeys(account);
        int deleted = command.startsWith("selective") ? 1 : 5;
        try (Front front = Front.losingTheFirstDeletion()) {
            Run run = example(List.of(command.split(" "))).at(front.url()).run();

            run.ends(DONE).complains("No answer: ").says("Deleted   " + deleted);
            assertEquals(2, front.idempotencyKeys().size(), front.requests().toString());
            assertEquals(front.idempotencyKeys().get(0), front.idempotencyKeys().get(1));
        }
        assertEquals(1, Accounts.receipts(account));
        assertEquals(deleted, count("SELECT keys_deleted::bigint FROM revocation WHERE account_id = ?", account));
    }

    @Test
    void everyRunHasItsOwnIdempotencyKey() {
        try (Front front = Front.plain()) {
            for (String command : List.of("safe_bulk_delete.py", "safe_bulk_delete.sh", "safe_bulk_delete.sh")) {
                Accounts.createKey(account, "key", "1");
                example(command, "--yes", "--backup", front.requests().size() + ".json").at(front.url()).run().ends(DONE);
            }
            assertEquals(3, new HashSet<>(front.idempotencyKeys()).size(), front.idempotencyKeys().toString());
            assertFalse(front.idempotencyKeys().contains(""), front.requests().toString());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = { "safe_bulk_delete.py", "safe_bulk_delete.sh" })
    void theTokenIsNotTakenToAnotherPlace(String example) {
        List<String> before = accountWithKeys();
        try (Front stranger = Front.plain()) {
            String elsewhere = stranger.url() + "/v1/auth/proxy";
            for (String head : List.of("302 Found\r\nLocation: " + elsewhere,
                    "200 OK\r\nLink: <" + elsewhere + ">; rel=\"next\"",
                    "200 OK\r\nlink: <?a,b>; rel=prev, <//localhost:" + stranger.port()
                            + "/>; title=\"x, y\"; rel=\"last next\"")) {
                try (Front front = Front.answering(head)) {
                    example(example, "--yes").at(front.url()).run().ends(REFUSED);
                    assertEquals(1, front.requests().size());
                }
            }
            assertEquals(List.of(), stranger.requests());
        }
        assertEquals(before, Accounts.everything(account));
        assertEquals(List.of(), files());
    }

    @Test
    void theShellScriptKeepsTheTokenOutOfTheProcessList() {
        Accounts.createFiveKeys(account);
        Set<String> commandLines = new HashSet<>();
        try (Front front = Front.beforeEachRequest(() -> ProcessHandle.current().descendants()
                .forEach(process -> commandLines.add(process.info().commandLine().orElse(""))))) {
            example("safe_bulk_delete.sh", "--yes").at(front.url()).run().ends(DONE);
        }
        assertTrue(commandLines.stream().anyMatch(line -> line.contains("curl")), "curl was not seen: " + commandLines);
        assertTrue(commandLines.stream().noneMatch(line -> line.contains("Bearer") || line.contains("eyJ")),
                commandLines.toString());
    }

    // --- Helpers ------------------------------------------------------------------------------------------------------

    private String token() {
        return Issuer.shared().token(account);
    }

    private List<String> accountWithKeys() {
        Accounts.createFiveKeys(account);
        return Accounts.everything(account);
    }

    private long active() {
        return count("SELECT count(*) FROM proxy_key WHERE account_id = ? AND is_active", account);
    }

    private long count(String sql, Object... parameters) {
        return database.one(Long.class, sql, parameters);
    }

    private void spend(String secret) {
        database.execute("SELECT spend_credits(sha256(?::bytea), 0.1)", secret);
    }

    private String read(String file) {
        try {
            return Files.readString(folder.resolve(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private String permissions(String file) {
        try {
            return PosixFilePermissions.toString(Files.getPosixFilePermissions(folder.resolve(file)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private List<String> files() {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static int apiPort() {
        return ConfigProvider.getConfig().getOptionalValue("quarkus.lambda.mock-event-server.test-port", Integer.class)
                .orElse(8081);
    }

    private static String api() {
        return "http://localhost:" + apiPort();
    }

    private Command example(String... command) {
        return example(List.of(command));
    }

    private Command example(List<String> command) {
        return new Command(command);
    }

    /** An example about to be started in the test's own folder. */
    private final class Command {

        private final List<String> command = new ArrayList<>();
        private String url = api();
        private String token = token();
        private String input = "";
        private String cue;
        private Runnable whenSaid;

        Command(List<String> example) {
            boolean python = example.get(0).endsWith(".py");
            if (python) {
                requireProgram("python3");
            } else {
                requireProgram("sh");
                requireProgram("curl");
            }
            command.add(python ? "python3" : "sh");
            command.add(EXAMPLES.resolve(example.get(0)).toString());
            command.addAll(example.subList(1, example.size()));
        }

        Command as(String token) {
            this.token = token;
            return this;
        }

        Command at(String url) {
            this.url = url;
            return this;
        }

        Command answering(String typed) {
            this.input = typed + "\n";
            return this;
        }

        /** Does something when the example has said these words on standard error. */
        Command onceItSays(String cue, Runnable then) {
            this.cue = cue;
            this.whenSaid = then;
            return this;
        }

        Run run() {
            ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile());
            builder.environment().put("PROXY_KEYS_URL", url);
            builder.environment().put("PROXY_KEYS_TOKEN", token);
            builder.environment().put("PYTHONDONTWRITEBYTECODE", "1");
            // A proxy of the machine has no business here.
            builder.environment().put("NO_PROXY", "*");
            builder.environment().put("no_proxy", "*");
            try {
                Process process = builder.start();
                try (OutputStream in = process.getOutputStream()) {
                    in.write(input.getBytes(StandardCharsets.UTF_8));
                } catch (IOException e) {
                    // It ended without asking.
                }
                StringBuilder output = new StringBuilder();
                Thread reader = start(() -> readAll(process.inputReader(StandardCharsets.UTF_8), output, line -> {}));
                StringBuilder errors = new StringBuilder();
                Thread errorReader = start(() -> readAll(process.errorReader(StandardCharsets.UTF_8), errors, line -> {
                    if (cue != null && line.contains(cue)) {
                        whenSaid.run();
                    }
                }));
                if (!process.waitFor(120, TimeUnit.SECONDS)) {
                    process.destroyForcibly();
                    throw new AssertionError("Did not end: " + command + "\n" + output + errors);
                }
                reader.join();
                errorReader.join();
                Run run = new Run(process.exitValue(), output.toString(), errors.toString());
                if (!token.isEmpty()) {
                    String end = token.substring(token.length() - 10);
                    assertFalse(run.toString().contains(end), "The token was printed: " + run);
                }
                assertFalse(run.errors.contains("Traceback"), run.toString());
                return run;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new AssertionError(e);
            }
        }
    }

    private record Run(int exitCode, String output, String errors) {

        Run ends(int expected) {
            assertEquals(expected, exitCode, toString());
            if (expected == DONE) {
                return this;
            }
            assertNotEquals("", errors, "ends with " + exitCode + " and does not say why");
            return this;
        }

        Run says(String expected) {
            assertTrue(output.contains(expected), "expected: " + expected + "\nin: " + this);
            return this;
        }

        Run doesNotSay(String unexpected) {
            assertFalse(output.contains(unexpected), toString());
            return this;
        }

        Run complains(String expected) {
            assertTrue(errors.contains(expected), "expected: " + expected + "\nin: " + this);
            return this;
        }
    }

    /** A machine with a JDK and nothing else can pass the tests, but not without being told what was left out. */
    private static void requireProgram(String program) {
        boolean present = Stream.of(System.getenv("PATH").split(File.pathSeparator))
                .anyMatch(place -> Files.isExecutable(Path.of(place, program)));
        if (!present) {
            System.err.println("*** " + program + " is not installed: the examples that need it were NOT run ***");
        }
        Assumptions.assumeTrue(present, program + " is not installed: the examples were not run");
    }

    private static void readAll(BufferedReader from, StringBuilder to, Consumer<String> eachLine) {
        try (from) {
            for (String line = from.readLine(); line != null; line = from.readLine()) {
                to.append(line).append('\n');
                eachLine.accept(line);
            }
        } catch (IOException e) {
            to.append(e);
        }
    }

    private static Thread start(Runnable work) {
        Thread thread = new Thread(work, "example");
        thread.setDaemon(true);
        thread.start();
        return thread;
    }

    /** Stands between an example and the application: writes down what is asked, and loses, delays or makes up an answer. */
    private static final class Front implements AutoCloseable {

        private final ServerSocket listener;
        private final List<String> requests = new CopyOnWriteArrayList<>();
        private Runnable before = () -> {};
        private String beforeWhat = "";
        private Runnable after = () -> {};
        private String madeUp;
        private String loses;
        private int spared;

        private Front() {
            try {
                listener = new ServerSocket(0, 50, InetAddress.getByName("localhost"));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        /** Passes everything on. */
        static Front plain() {
            return new Front().open();
        }

        /** Has the first deletion done, and drops the connection instead of its answer. */
        static Front losingTheFirstDeletion() {
            return losingTheFirst("DELETE ");
        }

        /** The same with the first call that recreates keys; the one that asks for the scope is refused and does not count. */
        static Front losingTheFirstRecreation() {
            Front front = new Front();
            front.loses = "POST /v1/auth/proxy/recreate ";
            front.spared = 1;
            return front.open();
        }

        static Front losingTheFirst(String call) {
            Front front = new Front();
            front.loses = call;
            return front.open();
        }

        /** Does something after the deletion was answered, before the example learns of it. */
        static Front afterTheDeletion(Runnable after) {
            Front front = new Front();
            front.after = after;
            return front.open();
        }

        static Front before(String call, Runnable before) {
            Front front = new Front();
            front.beforeWhat = call;
            front.before = before;
            return front.open();
        }

        static Front beforeEachRequest(Runnable before) {
            Front front = new Front();
            front.before = before;
            return front.open();
        }

        /** Answers everything with this status and header, and an empty list. */
        static Front answering(String head) {
            Front front = new Front();
            front.madeUp = "HTTP/1.1 " + head + "\r\nContent-Length: 2\r\nConnection: close\r\n\r\n[]";
            return front.open();
        }

        String url() {
            return "http://localhost:" + port();
        }

        int port() {
            return listener.getLocalPort();
        }

        /** The heads of the requests so far. */
        List<String> requests() {
            return List.copyOf(requests);
        }

        List<String> idempotencyKeys() {
            return requests.stream().filter(request -> request.startsWith("DELETE ")).map(request -> request.lines()
                    .filter(line -> line.toLowerCase(Locale.ROOT).startsWith("idempotency-key:"))
                    .map(line -> line.substring(line.indexOf(':') + 1).strip()).findFirst().orElse("")).toList();
        }

        @Override
        public void close() {
            try {
                listener.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private Front open() {
            start(() -> {
                try {
                    while (true) {
                        Socket client = listener.accept();
                        start(() -> serve(client));
                    }
                } catch (IOException e) {
                    // closed
                }
            });
            return this;
        }

        /** One request per connection: each example makes a connection for each call. */
        private void serve(Socket client) {
            try (client; Socket server = new Socket("localhost", apiPort())) {
                String head = head(client.getInputStream());
                if (head.isEmpty()) {
                    return;
                }
                requests.add(head);
                if (head.startsWith(beforeWhat)) {
                    before.run();
                }
                if (madeUp != null) {
                    client.getOutputStream().write(madeUp.getBytes(StandardCharsets.ISO_8859_1));
                    return;
                }
                OutputStream toServer = server.getOutputStream();
                toServer.write(head.getBytes(StandardCharsets.ISO_8859_1));
                start(() -> copy(client, server));
                InputStream answer = server.getInputStream();
                int first = answer.read();
                if (first < 0) {
                    return;
                }
                if (head.startsWith("DELETE ")) {
                    after.run();
                }
                if (loses != null && head.startsWith(loses)
                        && requests.stream().filter(request -> request.startsWith(loses)).count() == 1 + spared) {
                    return;
                }
                OutputStream toClient = client.getOutputStream();
                toClient.write(first);
                answer.transferTo(toClient);
            } catch (IOException e) {
                // closed by one side
            }
        }

        private static void copy(Socket from, Socket to) {
            try (to) {
                from.getInputStream().transferTo(to.getOutputStream());
            } catch (IOException e) {
                // closed by one side
            }
        }

        private static String head(InputStream in) throws IOException {
            StringBuilder head = new StringBuilder();
            for (int next = in.read(); next >= 0; next = in.read()) {
                head.append((char) next);
                if (head.length() > 3 && head.substring(head.length() - 4).equals("\r\n\r\n")) {
                    break;
                }
            }
            return head.toString();
        }
    }
}
