package io.proxykeys.reliability;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.proxykeys.harness.Accounts;
import io.proxykeys.harness.Gateway;
import io.proxykeys.harness.NativeFunction;
import io.proxykeys.harness.Postgres;
import io.proxykeys.harness.WireTap;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Lambda freezes a copy of the function between calls, or whenever it likes. What becomes of its connection during that must not
 * be the caller's problem. SIGSTOP freezes the native function here.
 */
class FreezeIT {

    private static final int TRIES = 50;
    private static final Executor CALLERS = Executors.newCachedThreadPool();

    private final Postgres database = Postgres.shared();
    private final List<Copy> copies = new ArrayList<>();

    /** A copy of the function with a wire of its own. */
    private record Copy(WireTap tap, NativeFunction function) implements AutoCloseable {

        static Copy start(Postgres database) {
            WireTap tap = new WireTap(database.port());
            return new Copy(tap, Calls.start(tap.port()));
        }

        /** Its connection is open and its statements are prepared. */
        Copy warm() {
            assertEquals(200, function.invoke(Calls.deleteAll(Accounts.open("1"), null)).status());
            return this;
        }

        @Override
        public void close() {
            function.close();
        }
    }

    /** How the caller asks. */
    enum Caller {
        PERSON {
            @Override
            int deleted(NativeFunction function, String account) {
                Gateway.Result result = function.invoke(Calls.deleteAll(account, null));
                assertEquals(200, result.status(), () -> result.body() + function.output());
                return result.json().get("deleted").intValue();
            }
        },
        ALERT {
            @Override
            int deleted(NativeFunction function, String account) {
                Gateway.Result result = function.invoke(Calls.alert(account));
                assertTrue(!result.functionError(), () -> result.payload() + function.output().toString());
                return result.payload().get("deleted").intValue();
            }
        };

        abstract int deleted(NativeFunction function, String account);
    }

    @BeforeEach
    void startACopy() {
        copies.add(Copy.start(database));
    }

    @AfterEach
    void endTheCopies() {
        copies.forEach(Copy::close);
    }

    @ParameterizedTest
    @EnumSource(Caller.class)
    void aConnectionThatTheServerClosedDuringTheFreezeIsNotNoticed(Caller caller) {
        Copy copy = copies.get(0).warm();
        for (int i = 0; i < TRIES; i++) {
            String account = accountWithFiveKeys();
            copy.function.freeze();
            disconnect(database);
            copy.function.thaw();

            assertEquals(5, caller.deleted(copy.function, account));
        }
    }

    @ParameterizedTest
    @EnumSource(Caller.class)
    void norOneThatWasReset(Caller caller) {
        Copy copy = copies.get(0).warm();
        for (int i = 0; i < TRIES; i++) {
            String account = accountWithFiveKeys();
            copy.function.freeze();
            copy.tap.resetConnections();
            copy.function.thaw();

            assertEquals(5, caller.deleted(copy.function, account));
        }
    }

    /** A connection that was not used for 5 s is checked first, and the check is waited for for 1 s. */
    @Test
    void oneThatDiedWithoutAWordCostsThreeSecondsAtMost() throws Exception {
        int rounds = 5;
        Stream.generate(() -> Copy.start(database)).limit(2 * TRIES / rounds - 1).forEach(copies::add);
        copies.forEach(Copy::warm);
        for (int round = 0; round < rounds; round++) {
            List<String> accounts = copies.stream().map(copy -> accountWithFiveKeys()).toList();
            copies.forEach(copy -> copy.function.freeze());
            copies.forEach(copy -> copy.tap.silenceConnections());
            Thread.sleep(5_100); // the clock of a frozen process: until then a connection is taken to be alive
            copies.forEach(copy -> copy.function.thaw());
            long start = System.nanoTime();

            List<CompletableFuture<Integer>> deleted = IntStream.range(0, copies.size()).mapToObj(i -> {
                Caller caller = Caller.values()[i % Caller.values().length];
                return CompletableFuture.supplyAsync(() -> caller.deleted(copies.get(i).function, accounts.get(i)), CALLERS);
            }).toList();

            deleted.forEach(answer -> assertEquals(5, answer.join()));
            assertWithin(Duration.ofSeconds(3), start);
            // The server keeps what it was not told the end of.
            copies.forEach(copy -> copy.tap.reset());
        }
    }

    /** Then it is silence to BEGIN that tells. */
    @Test
    void oneThatDiedWithoutAWordJustNowCostsSixSecondsAtMost() {
        Copy copy = copies.get(0).warm();
        String account = accountWithFiveKeys();
        copy.tap.silenceConnections();
        long start = System.nanoTime();

        assertEquals(5, Caller.PERSON.deleted(copy.function, account));

        assertWithin(Duration.ofSeconds(6), start);
    }

    @Test
    void aRestartOfTheDatabaseDuringTheFreezeIsNotNoticed() throws Exception {
        Postgres own = Postgres.own();
        int rounds = 5;
        Stream.generate(() -> Copy.start(own)).limit(2 * TRIES / rounds).forEach(copies::add);
        List<Copy> frozen = copies.subList(1, copies.size());
        for (int round = 0; round < rounds; round++) {
            String name = "account-" + round + "-";
            own.execute("INSERT INTO account (id, balance) SELECT ? || n, 10 FROM generate_series(0, 19) n", name);
            own.execute(
                    "SELECT create_proxy_key(? || n, 'key', sha256((? || n)::bytea), 1, NULL, NULL, NULL) FROM generate_series(0, 19) n",
                    name, name);
            frozen.forEach(copy -> copy.function.freeze());
            own.restart();
            frozen.forEach(copy -> copy.function.thaw());

            List<CompletableFuture<Integer>> deleted = IntStream.range(0, frozen.size()).mapToObj(i -> {
                Caller caller = Caller.values()[i % Caller.values().length];
                return CompletableFuture.supplyAsync(() -> caller.deleted(frozen.get(i).function, name + i), CALLERS);
            }).toList();

            deleted.forEach(answer -> assertEquals(1, answer.join()));
        }
    }

    @Test
    void aCopyFrozenBetweenItsTwoStatementsDoesNotKeepTheAccountLocked() throws Exception {
        Copy frozen = copies.get(0).warm();
        try (Copy other = Copy.start(database).warm()) {
            String account = accountWithFiveKeys();
            CountDownLatch locked = new CountDownLatch(1);
            // BEGIN, then the lock.
            frozen.tap.afterRoundTrip(2, () -> {
                frozen.function.freeze();
                locked.countDown();
            });
            CompletableFuture<Gateway.Result> interrupted = frozen.function.invokeAsync(Calls.deleteAll(account, "frozen"));
            assertTrue(locked.await(10, TimeUnit.SECONDS));
            assertThrows(IllegalStateException.class,
                    () -> database.execute("SELECT FROM account WHERE id = ? FOR UPDATE NOWAIT", account), "nobody holds the lock");
            long start = System.nanoTime();

            assertEquals(5, Caller.PERSON.deleted(other.function, account));

            assertWithin(Duration.ofSeconds(15), start);
            frozen.function.thaw();
            JsonNode answer = interrupted.get(20, TimeUnit.SECONDS).json();
            assertEquals(0, answer.get("deleted").intValue(), answer.toString());
            assertEquals(2, Accounts.receipts(account));
        }
    }

    private static String accountWithFiveKeys() {
        String account = Accounts.open("250");
        Accounts.createFiveKeys(account);
        return account;
    }

    /** As a server does with idle connections, and waits until they are gone. */
    private static void disconnect(Postgres database) {
        database.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = ?", Postgres.FUNCTION_USER);
        database.await("the connection is still there",
                "SELECT count(*) = 0 FROM pg_stat_activity WHERE usename = ?", Postgres.FUNCTION_USER);
    }

    private static void assertWithin(Duration bound, long start) {
        Duration took = Duration.ofNanos(System.nanoTime() - start);
        assertTrue(took.compareTo(bound) < 0, "took " + took);
    }
}
