package io.proxykeys.connection;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.proxykeys.harness.Accounts;
import io.proxykeys.harness.Gateway;
import io.proxykeys.harness.Issuer;
import io.proxykeys.harness.NativeFunction;
import io.proxykeys.harness.PgBouncer;
import io.proxykeys.harness.Postgres;
import io.proxykeys.harness.StartupFront;
import io.proxykeys.harness.StartupFront.Refusal;
import io.proxykeys.harness.TlsFront;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How the native function gets in, and what its log says if it does not. */
class StartupIT {

    private static final Issuer ISSUER = Issuer.shared();
    private static final String IAM_LOGIN = "iam_login";
    private static final Pattern DATE = Pattern.compile("X-Amz-Date=(\\d{8}T\\d{6}Z)");

    @TempDir
    Path folder;

    /** Stands for RDS Proxy, which refuses what it does not know: "Amazon RDS Proxy", limitations for PostgreSQL. */
    private static Optional<Refusal> asRdsProxy(Map<String, String> parameters, Optional<String> password) {
        Set<String> known = Set.of("user", "database", "application_name", "client_encoding", "DateStyle");
        return parameters.keySet().stream().filter(name -> !known.contains(name)).findFirst().map(name -> new Refusal("0A000",
                "Feature not supported: RDS Proxy currently doesn't support the option " + name + "."));
    }

    @Test
    void nothingIsAskedForThatRdsProxyRefuses() throws Exception {
        openToEverybody();
        try (StartupFront proxy = new StartupFront(Postgres.shared().port(), StartupIT::asRdsProxy);
                NativeFunction function = NativeFunction.start(environment(proxy.port())).awaitFirstPoll()) {
            assertEquals(200, deleteAll(function));
            assertEquals(List.of("started", "proxy_keys_revoked"), function.events());
        }
    }

    @Test
    void theRefusalOfAParameterIsInTheLogInTheServersWords() throws Exception {
        openToEverybody();
        Map<String, String> environment;
        try (StartupFront proxy = new StartupFront(Postgres.shared().port(), StartupIT::asRdsProxy)) {
            environment = environment(proxy.port());
            environment.merge("QUARKUS_DATASOURCE_REACTIVE_URL", "?options=-c%20statement_timeout%3D16000", String::concat);
            saysAtTheStart(environment, "RDS Proxy currently doesn't support the option options", "0A000");
        }
    }

    @Test
    void aWrongPasswordIsInTheLogInTheServersWords() {
        Map<String, String> environment = NativeFunction.environment(Postgres.shared().port(), ISSUER.keyServer().location());
        environment.put("QUARKUS_DATASOURCE_PASSWORD", "wrong");
        saysAtTheStart(environment, "password authentication failed for user", "28P01");
    }

    @Test
    void whatPgBouncerRefusesIsInTheLogInItsWords() {
        PgBouncer.assumeThereIsOne();
        try (PgBouncer pooler = new PgBouncer(Postgres.shared().port(), "session")) {
            Map<String, String> environment = NativeFunction.environment(pooler.port(), ISSUER.keyServer().location());
            environment.merge("QUARKUS_DATASOURCE_REACTIVE_URL", "?options=-c%20statement_timeout%3D16000", String::concat);
            saysAtTheStart(environment, "unsupported startup parameter: options", "08P01");
        }
    }

    @Test
    void aCertificateThatIsNotTrustedIsInTheLog() throws Exception {
        try (TlsFront front = new TlsFront(Postgres.shared().port(), "localhost", folder);
                TlsFront other = new TlsFront(Postgres.shared().port(), "other.test", folder)) {
            Map<String, String> environment = NativeFunction.environment(front.port(), ISSUER.keyServer().location());
            environment.put("QUARKUS_DATASOURCE_REACTIVE_URL", "postgresql://localhost:" + front.port()
                    + "/postgres?sslmode=verify-full&sslrootcert=" + other.certificate());
            saysAtTheStart(environment, "unable to find valid certification path to requested target");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = { "DROP FUNCTION lock_account_for_change(text)",
            "REVOKE EXECUTE ON FUNCTION lock_account_for_change(text) FROM proxy_keys_function" })
    void aMigrationOrAGrantThatIsMissingIsInTheLog(String missing) {
        Postgres server = Postgres.own();
        server.execute(missing);
        try (NativeFunction function = NativeFunction.start(NativeFunction.environment(server.port(), ISSUER.keyServer().location()))
                .awaitFirstPoll()) {
            String log = String.join("\n", function.output());
            assertTrue(log.contains("No revocation can be carried out") && log.contains("lock_account_for_change"), log);
        }
    }

    @Test
    void withIamEachConnectionBringsATokenOfItsOwn() throws Exception {
        openToEverybody();
        StartupFront.Gate rds = new StartupFront.Gate() {
            @Override
            public Optional<Refusal> refusal(Map<String, String> parameters, Optional<String> token) {
                return isSignedFor(parameters.get("user"), token.orElseThrow()) ? Optional.empty()
                        : Optional.of(new Refusal("28000", "PAM authentication failed for user"));
            }

            @Override
            public boolean asksForPassword() {
                return true;
            }
        };
        try (StartupFront server = new StartupFront(Postgres.shared().port(), rds);
                TlsFront front = new TlsFront(server.port(), "localhost", folder)) {
            signedPort = front.port();
            Map<String, String> environment = iam(front);
            try (NativeFunction function = NativeFunction.start(environment).awaitFirstPoll()) {
                assertEquals(200, deleteAll(function));
                assertEquals(1, server.passwords().size());
                disconnect();
                String first = server.passwords().get(0);
                awaitAnotherSecond(first);

                assertEquals(200, deleteAll(function));

                assertEquals(2, server.passwords().size());
                assertNotEquals(first, server.passwords().get(1));
                assertFalse(String.join("\n", function.output()).contains("X-Amz-Signature"), function.output().toString());
            }
            environment.put("AWS_SECRET_ACCESS_KEY", "of another role");
            saysAtTheStart(environment, "PAM authentication failed for user", "28000");
        }
    }

    private int signedPort;

    private boolean isSignedFor(String login, String token) {
        Matcher date = DATE.matcher(token);
        AwsCredentials credentials = new AwsCredentials("AKID", "secret", "session+/=", "eu-central-1");
        return date.find() && token.equals(RdsToken.of("localhost", signedPort, login, credentials, instant(date.group(1))));
    }

    private static Instant instant(String date) {
        return Instant.from(DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'").withZone(ZoneOffset.UTC).parse(date));
    }

    /** The time in a token has seconds. */
    private static void awaitAnotherSecond(String token) throws InterruptedException {
        Matcher date = DATE.matcher(token);
        assertTrue(date.find(), token);
        Instant next = instant(date.group(1)).plusSeconds(1);
        while (Instant.now().isBefore(next)) {
            Thread.sleep(50);
        }
    }

    private static Map<String, String> iam(TlsFront front) {
        Map<String, String> environment = environment(front.port());
        environment.remove("QUARKUS_DATASOURCE_PASSWORD");
        environment.put("QUARKUS_DATASOURCE_REACTIVE_URL", "postgresql://localhost:" + front.port()
                + "/postgres?sslmode=verify-full&sslrootcert=" + front.certificate());
        environment.putAll(Map.of("PROXY_KEYS_DATABASE_AUTHENTICATION", "iam", "AWS_REGION", "eu-central-1",
                "AWS_ACCESS_KEY_ID", "AKID", "AWS_SECRET_ACCESS_KEY", "secret", "AWS_SESSION_TOKEN", "session+/="));
        return environment;
    }

    /** The fronts decide who gets in: for this login the server asks for no password. */
    private static void openToEverybody() {
        Postgres.shared().execute("""
                DO $$ BEGIN
                    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '%s') THEN
                        CREATE ROLE %s LOGIN IN ROLE proxy_keys_function;
                    END IF;
                END $$""".formatted(IAM_LOGIN, IAM_LOGIN));
    }

    private static void disconnect() {
        Postgres.shared().execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = ?", IAM_LOGIN);
        Postgres.shared().await("the connection is still there",
                "SELECT count(*) = 0 FROM pg_stat_activity WHERE usename = ?", IAM_LOGIN);
    }

    private static Map<String, String> environment(int port) {
        Map<String, String> environment = NativeFunction.environment(port, ISSUER.keyServer().location());
        environment.put("QUARKUS_DATASOURCE_USERNAME", IAM_LOGIN);
        return environment;
    }

    private static void saysAtTheStart(Map<String, String> environment, String... words) {
        try (NativeFunction function = NativeFunction.start(environment).awaitFirstPoll()) {
            List<String> log = function.output();
            String all = String.join("\n", log);
            for (String one : words) {
                assertTrue(all.contains(one), one + " is not in " + all);
            }
            assertFalse(all.contains("Pool closed"), all);
            assertEquals(503, deleteAll(function));
        }
    }

    private static int deleteAll(NativeFunction function) {
        return function.invoke(Gateway.deleteAll(ISSUER.token(Accounts.open("1")))).status();
    }
}
