package io.proxykeys.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import io.proxykeys.harness.Api;
import io.proxykeys.harness.Postgres;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code src/examples/notify_team.py}: every receipt and suspension is told once, in the order of the commits, and none is missed. */
class NotifyTeamTest {

    private static final String READER = "team_news";
    private static final Postgres DATABASE = Postgres.shared();
    private static final String RECEIPT = """
            INSERT INTO revocation (id, account_id, trigger, operation, keys_deleted, credits_returned, balance_after, revoked_at,
                                    requested_by,
                                    subject, reason, reported_by)
            SELECT gen_random_uuid(), a, t, o, n, 12.5, 100, clock_timestamp(), %s FROM (VALUES (?, ?, ?, ?)) v (a, t, o, n)""";

    private static String python;

    private final String account = "account-" + UUID.randomUUID();
    private final List<String> messages = new CopyOnWriteArrayList<>();
    private volatile int status = 200;
    private HttpServer receiver;

    @TempDir
    Path folder;

    private record Run(int exitCode, String output) {

        Run ends(int expected) {
            assertEquals(expected, exitCode, output);
            assertFalse(output.contains("Traceback"), output);
            return this;
        }
    }

    /** As operations.md says. */
    @BeforeAll
    static void createReader() {
        for (String program : List.of("psql", "python3")) {
            boolean present = Stream.of(System.getenv("PATH").split(File.pathSeparator)).anyMatch(place -> Files.isExecutable(Path.of(place,
                    program)));
            if (!present) {
                System.err.println("*** " + program + " is not installed: notify_team.py was NOT tested ***");
            }
            Assumptions.assumeTrue(present, program + " is not installed");
        }
        // Itself, and not what some machines start it by, which puts programs of its own first.
        python = output(new ProcessBuilder("python3", "-c", "import sys; print(sys.executable)")).output.strip();
        DATABASE.execute("CREATE ROLE " + READER + " LOGIN PASSWORD '" + Postgres.PASSWORD + "'; GRANT SELECT ON revocation, suspension TO "
                + READER);
    }

    @BeforeEach
    void startReceiver() throws IOException {
        receiver = HttpServer.create(new InetSocketAddress(InetAddress.getByName("localhost"), 0), 10);
        receiver.createContext("/hook", exchange -> {
            try (exchange) {
                String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
                if (status == 200) {
                    messages.add(body);
                } else if (status == 302) {
                    exchange.getResponseHeaders().add("Location", "/elsewhere");
                }
                exchange.sendResponseHeaders(status, -1);
            }
        });
        receiver.createContext("/elsewhere", exchange -> {
            try (exchange) {
                messages.add("taken elsewhere");
                exchange.sendResponseHeaders(200, -1);
            }
        });
        receiver.start();
        run().ends(0);
        assertEquals(List.of(), messages, "the first run begins with now");
    }

    @AfterEach
    void stopReceiver() {
        receiver.stop(0);
    }

    @Test
    void deletionsAndSuspensionsByPeopleAndAlertsAreToldOnce() {
        receipt("request", "all", 3, "'console', 'user-7', NULL, NULL");
        receipt("alert", "one", 1, "'proxy-keys.security', NULL, 'found in a repository', 'github'");
        receipt("alert", "old_secret", 0, "'proxy-keys.security', NULL, NULL, NULL");
        suspension("request", 2);

        run().ends(0);
        run().ends(0);

        assertEquals(4, messages.size(), messages.toString());
        String first = Api.json(messages.get(0)).get("text").textValue();
        assertTrue(first.startsWith("3 proxy keys deleted\nAccount: " + account + "\nBy: a call, user-7\nWith: console\nWhich: all\n"
                + "Credits returned: 12.500000\nWhen: "), first);
        assertTrue(text(1).contains("1 proxy keys deleted\n") && text(1).contains("By: an alert, proxy-keys.security\n")
                && text(1).contains("Reason: found in a repository\nReported by: github\n"), text(1));
        assertTrue(text(2).startsWith("Old secret of a proxy key ended\n"), text(2));
        assertTrue(text(3).startsWith("2 proxy keys suspended\n") && text(3).contains("\nSuspension: "), text(3));
    }

    @Test
    void whatIsCommittedLaterThanItsTimeIsNotMissed() throws Exception {
        try (Connection slow = DATABASE.connect()) {
            slow.setAutoCommit(false);
            Postgres.execute(slow, RECEIPT.formatted("'slow', NULL, NULL, NULL"), account, "request", "all", 1);
            receipt("request", "all", 2, "'quick', NULL, NULL, NULL");
            run().ends(0);
            assertEquals(List.of(), messages, "an earlier one may still come");

            slow.commit();
        }
        run().ends(0);

        assertEquals(List.of("slow", "quick"), messages.stream().map(message -> Api.json(message).get("text").textValue()
                .replaceAll("(?s).*By: a call, (\\w+).*", "$1")).toList());
    }

    @Test
    void whatTheReceiverDoesNotTakeIsSentAgain() {
        receipt("request", "all", 1, "'one', NULL, NULL, NULL");
        receipt("request", "all", 1, "'two', NULL, NULL, NULL");
        for (int refusal : new int[] { 500, 403, 302 }) {
            status = refusal;
            assertTrue(run().ends(5).output.contains("The webhook answered " + refusal), "told");
        }
        status = 200;

        run().ends(0);

        assertEquals(2, messages.size(), messages.toString());
    }

    @Test
    void moreThanAPageIsToldAndDeletionsThatFoundNothingAreNot() {
        for (int i = 0; i < 205; i++) {
            receipt("request", "all", i % 41 == 0 ? 0 : 1, "'many', NULL, NULL, NULL");
        }

        run().ends(0);

        assertEquals(200, messages.size());
    }

    @Test
    void whatOthersWroteCallsNobodyAndSteersNothing() {
        receipt("alert", "one", 1, "'x', NULL, E'<!channel> <https://evil.example|look> @here\\u001b[2J\\nAccount: another', NULL");

        run().ends(0);

        String text = text(0);
        assertFalse(text.matches("(?s).*([<>\\u001b]|@here).*"), text);
        assertFalse(text.contains("\nAccount: another"), text);
    }

    @Test
    void mailGoesThroughTheTopic() throws IOException {
        Path aws = folder.resolve("bin/aws");
        Files.createDirectories(aws.getParent());
        Files.writeString(aws, "#!/bin/sh\n[ ! -e " + folder.resolve("broken") + " ] || { echo Throttled >&2; exit 254; }\n"
                + "for part; do printf '%s\\n' \"$part\"; done >> " + folder.resolve("sent") + "\n");
        assertTrue(aws.toFile().setExecutable(true));
        suspension("alert", 3);
        Files.createFile(folder.resolve("broken"));
        String topic = "arn:aws:sns:eu-central-1:111122223333:team";
        assertTrue(run("--sns-topic", topic).ends(5).output.contains("SNS did not take it: Throttled"), "told");
        Files.delete(folder.resolve("broken"));

        run("--sns-topic", topic).ends(0);
        run("--sns-topic", topic).ends(0);

        String sent = Files.readString(folder.resolve("sent"));
        assertTrue(sent.startsWith(String.join("\n", "sns", "publish", "--region", "eu-central-1", "--topic-arn", topic, "--subject",
                "Proxy Keys: 3 proxy keys suspended", "--message", "3 proxy keys suspended", "Account: " + account, "")), sent);
        assertEquals(sent.indexOf("publish"), sent.lastIndexOf("publish"), sent);
    }

    @Test
    void whatIsMissingIsSaidAndTheAddressIsNotRepeated() throws IOException {
        assertTrue(run("--sns-topic", "team").ends(2).output.contains("the ARN of an SNS topic"), "told");
        Run wrong = start(List.of("--webhook"), "http://chat.example/secret", READER);
        assertTrue(wrong.ends(2).output.contains("PROXY_KEYS_WEBHOOK"), wrong.output);
        assertFalse(wrong.output.contains("secret"), wrong.output);
        Run nobody = start(List.of("--webhook"), hook(), "nobody_at_all");
        assertTrue(nobody.ends(6).output.contains("The database cannot be read"), nobody.output);
        Files.writeString(folder.resolve("cursor.json"), "{");
        assertTrue(run().ends(2).output.contains("cursor.json cannot be read"), "told");
    }

    /** @param said requested_by, subject, reason and reported_by, as SQL */
    private void receipt(String trigger, String operation, int keys, String said) {
        DATABASE.execute(RECEIPT.formatted(said), account, trigger, operation, keys);
    }

    private void suspension(String trigger, int keys) {
        DATABASE.execute("""
                INSERT INTO suspension (id, account_id, trigger, operation, requested_by, keys_suspended, suspended_at)
                VALUES (gen_random_uuid(), ?, ?, 'all', 'console', ?, clock_timestamp())""", account, trigger, keys);
    }

    private String text(int message) {
        return Api.json(messages.get(message)).get("text").textValue();
    }

    private String hook() {
        return "http://localhost:" + receiver.getAddress().getPort() + "/hook";
    }

    private Run run(String... options) {
        return start(options.length == 0 ? List.of("--webhook") : List.of(options), hook(), READER);
    }

    private Run start(List<String> options, String webhook, String user) {
        List<String> command = new ArrayList<>(List.of(python, Path.of("src/examples/notify_team.py").toAbsolutePath().toString(),
                "--cursor", "cursor.json"));
        command.addAll(options);
        ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true);
        builder.environment().keySet().removeIf(name -> name.startsWith("PG"));
        builder.environment().put("PATH", folder.resolve("bin") + File.pathSeparator + System.getenv("PATH"));
        builder.environment().put("PYTHONDONTWRITEBYTECODE", "1");
        builder.environment().put("no_proxy", "*");
        builder.environment().put("PROXY_KEYS_WEBHOOK", webhook);
        builder.environment().put("PGHOST", "localhost");
        builder.environment().put("PGPORT", Integer.toString(DATABASE.port()));
        builder.environment().put("PGDATABASE", "postgres");
        builder.environment().put("PGUSER", user);
        builder.environment().put("PGPASSWORD", Postgres.PASSWORD);
        return output(builder);
    }

    private static Run output(ProcessBuilder builder) {
        try {
            Process process = builder.start();
            process.getOutputStream().close();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertTrue(process.waitFor(60, TimeUnit.SECONDS), output);
            return new Run(process.exitValue(), output);
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
