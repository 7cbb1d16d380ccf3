package io.proxykeys.database;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.proxykeys.harness.Accounts;
import io.proxykeys.harness.Gateway;
import io.proxykeys.harness.Issuer;
import io.proxykeys.harness.NativeFunction;
import io.proxykeys.harness.PgBouncer;
import io.proxykeys.harness.Postgres;
import io.proxykeys.harness.WireTap;
import java.sql.Connection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The native function's promises, whatever stands between it and the server, with defaults that promise nothing: isolation
 * serializable, {@code synchronous_commit=off}, no timeouts.
 */
class DefaultsIT {

    private static final Issuer ISSUER = Issuer.shared();
    private static final Postgres DATABASE = Postgres.shared();
    private static final int DELETIONS = 200;

    private final List<AutoCloseable> opened = new ArrayList<>();

    /** What the function connects to. */
    enum Way {
        DIRECT(null, 2, Map.of()),
        SESSION("session", 2, Map.of()),
        // A statement is prepared each time.
        TRANSACTION("transaction", 3, Map.of(
                "QUARKUS_DATASOURCE_REACTIVE_CACHE_PREPARED_STATEMENTS", "false",
                "QUARKUS_DATASOURCE_REACTIVE_POSTGRESQL_USE_LAYER7_PROXY", "true"));

        private final String poolMode;
        /** BEGIN, then the lock. */
        private final int roundTripsToTheLock;
        private final Map<String, String> settings;

        Way(String poolMode, int roundTripsToTheLock, Map<String, String> settings) {
            this.poolMode = poolMode;
            this.roundTripsToTheLock = roundTripsToTheLock;
            this.settings = settings;
        }
    }

    @BeforeAll
    static void promiseNothing() {
        for (String setting : List.of("default_transaction_isolation = serializable", "synchronous_commit = off",
                "statement_timeout = 0", "lock_timeout = 0", "idle_in_transaction_session_timeout = 0")) {
            DATABASE.execute("ALTER ROLE " + Postgres.FUNCTION_USER + " SET " + setting);
        }
    }

    @AfterAll
    static void promiseWhatTheTestsDo() {
        DATABASE.execute("ALTER ROLE " + Postgres.FUNCTION_USER + " RESET ALL");
        DATABASE.execute("ALTER ROLE " + Postgres.FUNCTION_USER + " SET synchronous_commit = off");
    }

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable one : opened) {
            one.close();
        }
    }

    @ParameterizedTest
    @EnumSource(Way.class)
    void everyOneOf200DeletionsByTwoInstancesAtOnceSucceeds(Way way) {
        int port = reach(way);
        List<NativeFunction> instances = List.of(start(way, port), start(way, port));
        String name = "pooled-" + way + "-";
        DATABASE.execute("INSERT INTO account (id, balance) SELECT ? || n, 10 FROM generate_series(0, ?) n", name, DELETIONS - 1);
        DATABASE.execute("""
                SELECT create_proxy_key(? || n, 'key', sha256((? || n)::bytea), 1, NULL, NULL, NULL) FROM generate_series(0, ?) n""",
                name, name, DELETIONS - 1);

        List<CompletableFuture<Gateway.Result>> answers = IntStream.range(0, DELETIONS)
                .mapToObj(i -> instances.get(i % 2).invokeAsync(deleteAll(name + i))).toList();

        answers.forEach(answer -> {
            assertEquals(200, answer.join().status(), () -> answer.join().body());
            assertEquals(1, answer.join().json().get("deleted").intValue());
        });
        assertEquals(0L, DATABASE.one(Long.class, "SELECT count(*) FROM proxy_key WHERE account_id LIKE ? || '%'", name));
    }

    @ParameterizedTest
    @EnumSource(Way.class)
    void noKeyThatIsBeingCreatedSurvives(Way way) throws Exception {
        NativeFunction instance = start(way, reach(way));
        for (int i = 0; i < 5; i++) {
            String account = Accounts.open("100");
            try (Connection creator = DATABASE.connect()) {
                Accounts.insertKey(creator, account, "0");
                CompletableFuture<Gateway.Result> deletion = instance.invokeAsync(deleteAll(account));
                DATABASE.awaitWaitingForALock(Postgres.FUNCTION_USER);
                creator.commit();

                assertEquals(1, deletion.get(20, TimeUnit.SECONDS).json().get("deleted").intValue());
            }
            assertEquals(0, Accounts.keys(account));
        }
    }

    @ParameterizedTest
    @EnumSource(Way.class)
    void anInstanceThatIsFrozenWithTheLockDelaysAnotherOneByLessThanFiveSeconds(Way way) throws Exception {
        int port = reach(way);
        WireTap tap = new WireTap(port);
        NativeFunction frozen = start(way, tap.port());
        NativeFunction other = start(way, port);
        assertEquals(200, frozen.invoke(deleteAll(Accounts.open("1"))).status());
        String account = Accounts.open("250");
        Accounts.createFiveKeys(account);
        CountDownLatch locked = new CountDownLatch(1);
        tap.afterRoundTrip(way.roundTripsToTheLock, () -> {
            frozen.freeze();
            locked.countDown();
        });
        CompletableFuture<Gateway.Result> interrupted = frozen.invokeAsync(deleteAll(account));
        assertTrue(locked.await(10, TimeUnit.SECONDS));
        long start = System.nanoTime();
        assertThrows(IllegalStateException.class,
                () -> DATABASE.execute("SELECT FROM account WHERE id = ? FOR UPDATE NOWAIT", account), "nobody holds the lock");

        Gateway.Result answer = other.invoke(deleteAll(account));

        Duration took = Duration.ofNanos(System.nanoTime() - start);
        assertEquals(5, answer.json().get("deleted").intValue(), answer.body());
        assertTrue(took.compareTo(Duration.ofSeconds(5)) < 0, "took " + took);
        frozen.thaw();
        assertEquals(0, interrupted.get(20, TimeUnit.SECONDS).json().get("deleted").intValue());
        assertEquals(2, Accounts.receipts(account));
    }

    /** What was confirmed is on the disk: PostgreSQL tells a commit that did not wait for it by the setting it committed with. */
    @ParameterizedTest
    @EnumSource(Way.class)
    void aCommitWaitsForTheDisk(Way way) {
        DATABASE.execute("CREATE TABLE IF NOT EXISTS seen_setting (account_id text, synchronous_commit text, isolation text)");
        DATABASE.execute("""
                CREATE OR REPLACE FUNCTION see_setting() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
                BEGIN
                    INSERT INTO seen_setting VALUES (NEW.account_id, current_setting('synchronous_commit'),
                                                     current_setting('transaction_isolation'));
                    RETURN NULL;
                END $$""");
        DATABASE.execute("""
                CREATE CONSTRAINT TRIGGER see_setting AFTER INSERT ON revocation DEFERRABLE INITIALLY DEFERRED
                    FOR EACH ROW EXECUTE FUNCTION see_setting()""");
        String account = Accounts.open("1");
        try {
            assertEquals(200, start(way, reach(way)).invoke(deleteAll(account)).status());
        } finally {
            DATABASE.execute("DROP FUNCTION see_setting() CASCADE");
        }
        assertEquals(List.of("on|read committed|"),
                DATABASE.rows("SELECT synchronous_commit, isolation FROM seen_setting WHERE account_id = ?", account));
    }

    private int reach(Way way) {
        if (way.poolMode == null) {
            return DATABASE.port();
        }
        PgBouncer.assumeThereIsOne();
        PgBouncer pooler = new PgBouncer(DATABASE.port(), way.poolMode);
        opened.add(pooler);
        return pooler.port();
    }

    private NativeFunction start(Way way, int port) {
        Map<String, String> environment = NativeFunction.environment(port, ISSUER.keyServer().location());
        environment.putAll(way.settings);
        NativeFunction instance = NativeFunction.start(environment).awaitFirstPoll();
        opened.add(0, instance);
        return instance;
    }

    private static JsonNode deleteAll(String account) {
        return Gateway.deleteAll(ISSUER.token(account));
    }
}
