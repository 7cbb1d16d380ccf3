package io.proxykeys.database;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.proxykeys.harness.Gateway;
import io.proxykeys.harness.Issuer;
import io.proxykeys.harness.NativeFunction;
import io.proxykeys.harness.Postgres;
import io.proxykeys.harness.WireTap;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A failover as Aurora and RDS do it: the standby is promoted, the old primary comes back read-only, and the name of the database
 * moves from one address to the other.
 */
class FailoverIT {

    private static final Issuer ISSUER = Issuer.shared();
    private static final String NAME = "database.test";
    private static final String OLD_ADDRESS = "127.0.0.11";
    private static final String NEW_ADDRESS = "127.0.0.12";
    private static final Duration BOUND = Duration.ofSeconds(10);

    @TempDir
    Path folder;

    @Test
    void aWarmInstanceFollowsTheNameWithinTenSeconds() throws Exception {
        Postgres old = Postgres.own();
        Postgres promoted = old.standby();
        open(old, "before");
        WireTap toOld = new WireTap(old.port(), InetAddress.getByName(OLD_ADDRESS), 0);
        WireTap toPromoted = new WireTap(promoted.port(), InetAddress.getByName(NEW_ADDRESS), toOld.port());
        Path hosts = Files.writeString(folder.resolve("hosts"), hosts(OLD_ADDRESS));
        try (NativeFunction warm = NativeFunction.start(environment(toOld.port()), hosts).awaitFirstPoll()) {
            assertEquals(200, warm.invoke(deleteAll("before")).status());
            old.stop();
            promoted.promote();
            old.comeBackAsStandbyOf(promoted);
            open(promoted, "after");
            assertEquals(503, warm.invoke(deleteAll("after")).status(), "the name leads to a server that is read-only");
            assertEquals(503, warm.invoke(deleteAll("after")).status());

            Files.writeString(hosts, hosts(NEW_ADDRESS));
            long moved = System.nanoTime();
            Gateway.Result answer = warm.invoke(deleteAll("after"));
            while (answer.status() == 503 && since(moved).compareTo(BOUND) < 0) {
                assertTrue(answer.json().get("detail").textValue().contains("Nothing was changed"), answer.body());
                answer = warm.invoke(deleteAll("after"));
            }

            assertEquals(200, answer.status(), answer.body() + warm.output());
            assertEquals(1, answer.json().get("deleted").intValue());
            assertTrue(since(moved).compareTo(BOUND) < 0, "after " + since(moved));
        }
        assertTrue(toPromoted.connections() > 0);
        assertEquals(List.of("1|"), promoted.rows("SELECT count(*) FROM revocation WHERE account_id = 'after'"));
    }

    /** The server that lost its role is noticed before the statement is sent, if the connection was idle. */
    @Test
    void anIdleConnectionToAServerThatBecameReadOnlyIsNotUsed() throws Exception {
        Postgres server = Postgres.own();
        open(server, "idle");
        WireTap tap = new WireTap(server.port());
        try (NativeFunction function = NativeFunction.start(NativeFunction.environment(tap.port(), ISSUER.keyServer().location()))
                .awaitFirstPoll()) {
            assertEquals(200, function.invoke(deleteAll("idle")).status());
            server.execute("ALTER SYSTEM SET default_transaction_read_only = on");
            server.execute("SELECT pg_reload_conf()");
            Thread.sleep(5_100); // time has to pass: until then a connection is taken to be alive
            tap.reset();

            Gateway.Result refused = function.invoke(deleteAll("idle"));

            assertEquals(503, refused.status());
            // The check replaced the idle one, and the refusal of the next statement the new one.
            assertEquals(2, tap.connections());
            resetReadOnly(server);
            assertEquals(200, function.invoke(deleteAll("idle")).status());
        }
    }

    private static void resetReadOnly(Postgres server) {
        server.execute("ALTER SYSTEM RESET default_transaction_read_only");
        server.execute("SELECT pg_reload_conf()");
        server.await("it is still read-only", "SELECT current_setting('default_transaction_read_only') = 'off'");
    }

    private static void open(Postgres server, String account) {
        server.execute("INSERT INTO account (id, balance) VALUES (?, 10)", account);
        server.execute("SELECT create_proxy_key(?, 'key', sha256(?::bytea), 1, NULL, NULL, NULL)", account, account);
    }

    private static Map<String, String> environment(int port) {
        Map<String, String> environment = NativeFunction.environment(port, ISSUER.keyServer().location());
        environment.put("QUARKUS_DATASOURCE_REACTIVE_URL", "postgresql://" + NAME + ":" + port + "/postgres");
        return environment;
    }

    private static String hosts(String address) {
        return "127.0.0.1 localhost\n" + address + " " + NAME + "\n";
    }

    private static Duration since(long start) {
        return Duration.ofNanos(System.nanoTime() - start);
    }

    private static JsonNode deleteAll(String account) {
        return Gateway.deleteAll(ISSUER.token(account));
    }
}
