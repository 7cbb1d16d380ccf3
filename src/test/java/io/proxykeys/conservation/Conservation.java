package io.proxykeys.conservation;

import io.proxykeys.harness.Postgres;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/**
 * Many clients use the same few accounts at random while things break; after each round the books have to balance.
 *
 * <p>The seed decides what the clients do, not how the threads interleave: a run cannot be repeated exactly.
 */
final class Conservation {

    /** A round is over after this many operations; the next one uses new accounts. */
    private static final int ROUND = 5_000;
    private static final int ACCOUNTS = 4;
    private static final int CLIENTS = 8;

    /** After so many operations nobody does anything until what lasts a second is over: a fast machine does thousands in a second. */
    private static final int BETWEEN_PAUSES = 1_000;
    private static final int PAUSE_MILLIS = 1_100;

    private final Postgres server;
    private final String database;
    private final long seed;
    private final Random random;
    private final BlockingQueue<FunctionCopy> copies;
    private final List<Mishap> mishaps = new ArrayList<>();
    private final Queue<String> broken = new ConcurrentLinkedQueue<>();
    private Settlement settlement = Settlement.RIGHT;
    private Predicate<String> counts = violation -> true;
    private int operations;
    private int rounds;
    private volatile long pausedUntil = System.nanoTime();
    private final Map<String, Integer> outcomes = new TreeMap<>();

    private record Mishap(String name, int everyMillis, Runnable happens, AtomicInteger times, Queue<String> broken) {

        void happen() {
            try {
                happens.run();
                times.incrementAndGet();
            } catch (IllegalStateException e) {
                // The server is down already.
            } catch (Throwable e) {
                broken.add(name + " went wrong itself: " + e);
            }
        }
    }

    /** @param copies of the function, used by one client at a time */
    Conservation(Postgres server, String database, Collection<? extends FunctionCopy> copies) {
        this.server = server;
        this.database = database;
        this.seed = Long.getLong("conservation.seed", new Random().nextLong());
        this.random = new Random(seed);
        this.copies = new LinkedBlockingQueue<>(copies);
        System.out.println("conservation: -Dconservation.seed=" + seed);
        execute(Journal.BEGIN);
    }

    /** Calls are settled in this way. */
    Conservation settling(Settlement way) {
        settlement = way;
        return this;
    }

    /** Of what is wrong only this counts; there are more rounds until it is found. */
    Conservation lookingFor(Predicate<String> violation) {
        counts = violation;
        return this;
    }

    /** Something that goes wrong about this often while the clients are at work. */
    Conservation with(String name, int everyMillis, Runnable mishap) {
        int rarer = Integer.getInteger("conservation.calm", 1);
        mishaps.add(new Mishap(name, rarer * everyMillis, mishap, new AtomicInteger(), broken));
        return this;
    }

    /** The server ends a connection of the function or of the data plane. */
    Conservation withLostConnections(int everyMillis) {
        return with("connections ended", everyMillis, () -> execute("""
                SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                 WHERE usename IN ('proxy_keys_lambda', 'gateway') ORDER BY random() LIMIT 1"""));
    }

    /**
     * Rounds until this many operations are done, and until this many minutes have passed.
     *
     * @return what was found to be wrong after the last round; empty: nothing, ever
     */
    List<String> run(int leastOperations, int minutes) throws Exception {
        long end = System.nanoTime() + TimeUnit.MINUTES.toNanos(minutes);
        List<String> violations = List.of();
        long deadlocksBefore = deadlocks();
        ScheduledExecutorService trouble = Executors.newScheduledThreadPool(Math.max(1, mishaps.size()));
        List<? extends Future<?>> repeated = mishaps.stream().map(mishap -> trouble.scheduleWithFixedDelay(mishap::happen,
                mishap.everyMillis, mishap.everyMillis, TimeUnit.MILLISECONDS)).toList();
        try {
            while (violations.stream().noneMatch(counts) && (operations < leastOperations || System.nanoTime() < end)) {
                violations = round();
            }
        } finally {
            repeated.forEach(mishap -> mishap.cancel(false));
            trouble.shutdown();
        }
        if (!trouble.awaitTermination(60, TimeUnit.SECONDS)) {
            throw new AssertionError("a mishap does not end");
        }
        violations = Stream.concat(violations.stream(), broken.stream()).toList();
        execute(Journal.END);
        long deadlocks = deadlocks() - deadlocksBefore;
        if (deadlocks > 0) {
            violations = Stream.concat(violations.stream(), Stream.of(deadlocks + " deadlocks")).toList();
        }
        System.out.printf(Locale.ROOT, "conservation: %d operations in %d rounds, %d violations; %s; %s%n", operations, rounds,
                violations.size(), outcomes, mishaps.stream().map(mishap -> mishap.name + " " + mishap.times).toList());
        return violations;
    }

    /** As PostgreSQL counts them. It forgets when it crashes. */
    private long deadlocks() throws SQLException {
        try (Connection connection = connect()) {
            return Postgres.one(connection, Long.class, "SELECT deadlocks FROM pg_stat_database WHERE datname = ?", database);
        }
    }

    private List<String> round() throws Exception {
        Ledger ledger = new Ledger(Stream.generate(this::openAccount).limit(ACCOUNTS).toList());
        AtomicInteger left = new AtomicInteger(ROUND);
        ExecutorService clients = Executors.newFixedThreadPool(CLIENTS);
        try {
            List<Future<?>> work = new ArrayList<>();
            LongStream.generate(random::nextLong).limit(CLIENTS).forEach(own -> work.add(clients.submit(() -> act(ledger, own, left))));
            for (Future<?> client : work) {
                client.get();
            }
        } finally {
            clients.shutdownNow();
        }
        rounds++;
        operations += ROUND;
        ledger.outcomes.forEach((outcome, times) -> outcomes.merge(outcome, times.get(), Integer::sum));
        return audit(ledger);
    }

    /** The server may be on its way down or up; the books stay as they are. */
    private List<String> audit(Ledger ledger) throws SQLException {
        for (int i = 0;; i++) {
            try (Connection connection = connect()) {
                return Audit.of(connection, ledger);
            } catch (SQLException | IllegalStateException e) {
                if (i == 100) {
                    throw e;
                }
                Session.pause(100);
            }
        }
    }

    private Void act(Ledger ledger, long own, AtomicInteger left) throws InterruptedException {
        try (Client client = new Client(server, database, ledger, own, copies, settlement)) {
            for (int number = left.getAndDecrement(); number > 0; number = left.getAndDecrement()) {
                boolean pauses = number % BETWEEN_PAUSES == 0;
                if (pauses) {
                    pausedUntil = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(PAUSE_MILLIS);
                }
                Session.pause(Math.max(0, TimeUnit.NANOSECONDS.toMillis(pausedUntil - System.nanoTime())));
                if (pauses) {
                    client.release();
                }
                client.act();
            }
        }
        return null;
    }

    private String openAccount() {
        String account = "account-" + UUID.randomUUID();
        for (int i = 0;; i++) {
            try {
                execute("WITH opened AS (INSERT INTO account (id, balance) VALUES ('" + account + "', 1000000) ON CONFLICT DO NOTHING"
                        + " RETURNING id, balance) INSERT INTO top_up (account_id, amount) SELECT id, balance FROM opened");
                return account;
            } catch (IllegalStateException e) {
                if (i == 100) {
                    throw e;
                }
                Session.pause(100);
            }
        }
    }

    private void execute(String sql) {
        try (Connection connection = connect()) {
            Postgres.execute(connection, sql);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private Connection connect() {
        return server.connect(database, "postgres", "postgres");
    }
}
