package io.proxykeys.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import io.proxykeys.harness.Accounts;
import io.proxykeys.harness.Api;
import io.proxykeys.harness.ApiFront;
import io.proxykeys.harness.Harness;
import io.proxykeys.harness.Issuer;
import io.proxykeys.harness.Postgres;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The blocks of the README, pasted into a shell as a person uses it. A proxy catches whatever is sent anywhere else than to the API. */
@QuarkusTest
@WithTestResource(Harness.class)
class PasteTest {

    private static final Pattern BLOCK = Pattern.compile("```(?:ba)?sh\\n(.*?)```", Pattern.DOTALL);

    private final List<String> caught = new CopyOnWriteArrayList<>();

    @ParameterizedTest
    @ValueSource(strings = { "zsh", "bash" })
    void whatIsPastedGoesToTheApiAndNowhereElse(String shell) throws Exception {
        Assumptions.assumeTrue(isThere(shell), shell);
        String robbed = Accounts.open("250");
        String account = Accounts.open("1000");
        Accounts.createFiveKeys(robbed);
        String receipt = Api.remove(account, Accounts.createKey(account, "deleted", "5")).path("revocation_id");
        String key = Accounts.createKey(account, "other", "7");

        String suspension = Api.as(account).post("/v1/auth/proxy/suspend?name_prefix=other").path("suspension_id");

        try (ApiFront front = new ApiFront("")) {
            String output = paste(shell, blocks("curl -i -X DELETE"), Map.of("https://…", front.address(), "PROXY_KEYS_TOKEN=…",
                    "PROXY_KEYS_TOKEN=" + Issuer.shared().token(robbed)), Map.of());
            output += paste(shell, blocks("api "), Map.of("KEY=ek-proxy-…", "KEY=" + key, "RECEIPT=…", "RECEIPT=" + receipt,
                    "SUSPENSION=…", "SUSPENSION=" + suspension),
                    Map.of("PROXY_KEYS_URL", front.address(), "PROXY_KEYS_TOKEN", Issuer.shared().token(account)));

            assertEquals(List.of(), caught, output);
            assertEquals(List.of("DELETE /v1/auth/proxy", "DELETE /v1/auth/proxy?block_new_keys_seconds=900", "GET /v1/auth/proxy",
                    "GET /v1/auth/proxy/preview", "POST /v1/auth/proxy/create", "POST /v1/auth/proxy/lookup", "POST /v1/auth/proxy/update",
                    "POST /v1/auth/proxy/rotate", "POST /v1/auth/proxy/toggle", "POST /v1/auth/proxy/remove", "POST /v1/auth/proxy/remove",
                    "POST /v1/auth/proxy/suspend?name_prefix=my", "POST /v1/auth/proxy/resume", "DELETE /v1/auth/proxy?status=expired",
                    "DELETE /v1/auth/proxy", "GET /v1/auth/proxy/revocations", "GET /v1/auth/proxy/revocation?id=" + receipt,
                    "POST /v1/auth/proxy/recreate"),
                    front.requests().stream().map(request -> request.replaceFirst(" incident-.*", "")).toList(), output);
            assertFalse(output.contains("urn:problem-type"), output);
            assertFalse(output.contains("not found"), output);
        }
        assertEquals(0, Accounts.keys(robbed));
        assertTrue(Postgres.shared().one(Boolean.class, "SELECT new_keys_blocked_until > now() FROM account WHERE id = ?", robbed));
        assertEquals(1, Accounts.keys(account));
    }

    private static boolean isThere(String shell) {
        boolean there = Stream.of("/bin/", "/usr/bin/", "/usr/local/bin/").anyMatch(folder -> Files.isExecutable(Path.of(folder + shell)));
        if (!there) {
            System.err.printf("""

                    ################################################################################
                    #  NO %s: WHAT IS PASTED INTO ONE WAS NOT TESTED.
                    ################################################################################
                    %n""", shell.toUpperCase(Locale.ROOT));
        }
        return there;
    }

    private static String blocks(String containing) throws IOException {
        return BLOCK.matcher(Files.readString(Path.of("README.md"))).results().map((MatchResult block) -> block.group(1))
                .filter(block -> block.contains(containing)).collect(Collectors.joining());
    }

    private String paste(String shell, String text, Map<String, String> filledIn, Map<String, String> environment) throws Exception {
        for (Map.Entry<String, String> place : filledIn.entrySet()) {
            assertTrue(text.contains(place.getKey()), place.getKey());
            text = text.replace(place.getKey(), place.getValue());
        }
        HttpServer proxy = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 10);
        proxy.createContext("/", exchange -> {
            try (exchange) {
                caught.add(exchange.getRequestMethod() + " " + exchange.getRequestURI());
                exchange.sendResponseHeaders(404, -1);
            }
        });
        proxy.start();
        try {
            // Without the person's own start-up files.
            ProcessBuilder start = new ProcessBuilder(shell, shell.equals("zsh") ? "-f" : "--norc", "-i").redirectErrorStream(true);
            start.environment().keySet().removeIf(name -> name.toLowerCase(Locale.ROOT).endsWith("_proxy"));
            for (String variable : List.of("http_proxy", "https_proxy", "all_proxy")) {
                start.environment().put(variable, "http://localhost:" + proxy.getAddress().getPort());
            }
            start.environment().put("no_proxy", "localhost");
            start.environment().put("HISTFILE", "/dev/null");
            start.environment().putAll(environment);
            Process process = start.start();
            try (OutputStream in = process.getOutputStream()) {
                in.write((text + "\nexit\n").getBytes(StandardCharsets.UTF_8));
            }
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertTrue(process.waitFor(60, TimeUnit.SECONDS), output);
            return output;
        } finally {
            proxy.stop(0);
        }
    }
}
