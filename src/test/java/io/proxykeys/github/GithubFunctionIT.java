package io.proxykeys.github;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.proxykeys.harness.Accounts;
import io.proxykeys.harness.Api;
import io.proxykeys.harness.Gateway;
import io.proxykeys.harness.Github;
import io.proxykeys.harness.Issuer;
import io.proxykeys.harness.NativeFunction;
import io.proxykeys.harness.Postgres;
import io.proxykeys.harness.WireTap;
import io.proxykeys.harness.WireTap.Fault;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** GitHub's reports and a native function of their own: its keys, its log, and what it cannot carry out in time. */
class GithubFunctionIT {

    private static final int MANY = 1000;
    private static final Duration DEADLINE = Duration.ofSeconds(29);

    private final Github github = new Github();
    private final String account = Accounts.open("10000");

    @Test
    void withoutALocationThereIsNoSuchRoute() {
        try (NativeFunction function = NativeFunction.start(NativeFunction.environment(Postgres.shared().port(),
                Issuer.shared().keyServer().location())).awaitFirstPoll()) {
            function.invoke(github.event(Github.report("a"))).assertIsProblem(404);
        }
    }

    @Test
    void aLocationThatIsNoneStopsTheStart(@TempDir Path folder) throws Exception {
        Path file = folder.resolve("keys.json");
        Files.writeString(file, "{\"public_keys\":[]}");
        for (String location : List.of("ftp://example.com/keys", "http://example.com/keys", "keys.json", "file:" + file)) {
            Map<String, String> environment = environment(Postgres.shared().port());
            environment.put("PROXY_KEYS_GITHUB_KEYS_LOCATION", location);
            try (NativeFunction function = NativeFunction.start(environment)) {
                assertEquals(1, function.awaitExit(), location);
                assertTrue(function.output().stream().anyMatch(line -> line.contains("PROXY_KEYS_GITHUB_KEYS_LOCATION")), location);
            }
        }
    }

    @Test
    void theKeysAreFetchedWithTheFirstReportAndKept() {
        try (NativeFunction function = start(Postgres.shared().port())) {
            assertEquals(0, github.keyServer().fetches());
            assertEquals(200, function.invoke(github.event(Github.report("a"))).status());
            github.keyServer().down(true);
            assertEquals(200, function.invoke(github.event(Github.report("b"))).status());
            assertEquals(1, github.keyServer().fetches());
            assertEquals("proxy-keys", github.keyServer().userAgent());

            // Asked again for a key that is not known, and then not for ten minutes: anybody can name one.
            for (int i = 0; i < 5; i++) {
                assertEquals(401, function.invoke(Github.event(Github.report("c"), "unknown " + i, "AA==")).status());
            }
            assertEquals(1, github.keyServer().fetches());
            assertEquals(200, function.invoke(github.event(Github.report("c"))).status());
        }
    }

    @Test
    void whileNoKeyIsKnownReportsAreAnswered503() throws Exception {
        github.keyServer().down(true);
        try (NativeFunction function = start(Postgres.shared().port())) {
            function.invoke(github.event(Github.report("a"))).assertIsProblem(503);
            github.keyServer().down(false);
            Thread.sleep(2100);

            assertEquals(200, function.invoke(github.event(Github.report("a"))).status());
        }
    }

    @Test
    void theKeysMayBeAFile(@TempDir Path folder) throws Exception {
        Path file = folder.resolve("keys.json");
        Files.writeString(file, github.document());
        Map<String, String> environment = environment(Postgres.shared().port());
        environment.put("PROXY_KEYS_GITHUB_KEYS_LOCATION", file.toUri().toString());
        try (NativeFunction function = NativeFunction.start(environment).awaitFirstPoll()) {
            assertEquals(200, function.invoke(github.event(Github.report("a"))).status());
        }
    }

    @Test
    void aThousandTokensAreRevokedInTimeAndNoneIsInTheLog() {
        String[] secrets = secrets(MANY / 2);
        String[] tokens = Stream.concat(Stream.of(secrets), IntStream.range(0, MANY - secrets.length).mapToObj(i -> "ek-proxy-sk-" + account
                + i))
                .toArray(String[]::new);
        try (NativeFunction function = start(Postgres.shared().port())) {
            Gateway.Result answer = function.invokeWithin(DEADLINE, github.event(Github.report(tokens)));

            assertEquals(200, answer.status(), answer.body());
            assertEquals(MANY, answer.json().size());
            assertEquals(secrets.length, answer.json().findValuesAsText("label").stream().filter("true_positive"::equals).count());
            assertEquals(0, Accounts.keys(account));
            assertEquals("10000.000000", Accounts.balance(account).toString());
            assertNoSecret(function, tokens);
        }
    }

    @Test
    void whatCannotBeRevokedIsALineEachAndTheReportCanBeSentAgain() {
        String[] secrets = secrets(3);
        WireTap tap = new WireTap(Postgres.shared().port());
        try (NativeFunction function = start(tap.port())) {
            assertEquals(200, function.invoke(github.event(Github.report("warm"))).status());
            tap.fault(Fault.SILENCE);

            Gateway.Result answer = function.invokeWithin(Duration.ofSeconds(5), github.event(Github.report(secrets)));

            answer.assertIsProblem(503);
            assertEquals("urn:problem-type:proxy-keys:leaks-not-revoked", answer.json().get("type").textValue());
            List<JsonNode> lines = function.log().stream().filter(line -> line.path("event").asText().equals("leak_not_revoked")).toList();
            assertEquals(Stream.of(secrets).map(GithubFunctionIT::sha256).toList(),
                    lines.stream().map(line -> line.get("key_sha256").textValue()).toList());
            for (JsonNode line : lines) {
                assertEquals(1, line.get("LeaksNotRevoked").intValue());
                assertEquals("https://github.com/octocat/example/blob/main/a.env", line.get("url").textValue());
            }
            assertNoSecret(function, secrets);
            assertEquals(3, Accounts.keys(account));

            tap.fault(Fault.NONE);
            assertEquals(200, function.invokeWithin(DEADLINE, github.event(Github.report(secrets))).status());
            assertEquals(0, Accounts.keys(account));
        }
    }

    @Test
    void eachOddEntryIsALineWithItsPositionAndTheHashOfItsToken() {
        String[] secrets = secrets(3);
        JsonNode report = Api.json(Github.report(secrets));
        ((ObjectNode) report.get(1)).remove("type");
        ((ObjectNode) report.get(2)).set("tokn", ((ObjectNode) report.get(2)).remove("token"));
        ((ArrayNode) report).insert(0, 7);
        try (NativeFunction function = start(Postgres.shared().port())) {
            Gateway.Result answer = function.invoke(github.event(report.toString()));

            assertEquals(200, answer.status(), answer.body());
            assertEquals(2, answer.json().size());
            assertEquals(1, Accounts.keys(account));
            List<JsonNode> lines = function.log().stream().filter(line -> line.path("event").asText().equals("odd_leak")).toList();
            assertEquals(List.of(0, 2, 3), lines.stream().map(line -> line.get("position").intValue()).toList());
            assertEquals(List.of("", sha256(secrets[1]), ""), lines.stream().map(line -> line.path("key_sha256").asText()).toList());
            for (JsonNode line : lines) {
                assertEquals("ERROR", line.get("level").textValue());
                assertEquals(1, line.get("LeaksNotRevoked").intValue());
                assertEquals(answer.header("X-Request-Id"), line.get("aws_request_id").textValue());
            }
            assertNoSecret(function, secrets);
        }
    }

    private static void assertNoSecret(NativeFunction function, String... secrets) {
        String output = String.join("\n", function.output());
        for (String secret : secrets) {
            assertFalse(output.contains(secret), "a secret is in the log");
        }
    }

    private String[] secrets(int count) {
        return IntStream.range(0, count).mapToObj(i -> {
            Accounts.createKey(account, "k" + i, "1");
            return Accounts.secret(account, "k" + i);
        }).toArray(String[]::new);
    }

    private NativeFunction start(int databasePort) {
        return NativeFunction.start(environment(databasePort)).awaitFirstPoll();
    }

    private Map<String, String> environment(int databasePort) {
        Map<String, String> environment = NativeFunction.environment(databasePort, Issuer.shared().keyServer().location());
        environment.put("PROXY_KEYS_GITHUB_KEYS_LOCATION", github.keyServer().location());
        return environment;
    }

    private static String sha256(String text) {
        return Postgres.shared().one(String.class, "SELECT encode(sha256(?::bytea), 'hex')", text);
    }
}
