package io.proxykeys.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;

/**
 * Measures functions and bare clients in turn, so that all of them see the same machine. The order is another in each round: who comes
 * after whom matters.
 */
final class Comparison {

    private static final int STARTS = Integer.getInteger("bench.starts", 25);
    private static final int CALLS = Integer.getInteger("bench.calls", 500);
    /** The first starts, in which the system's caches fill. */
    private static final int UNCOUNTED = 2;
    /** The first calls of a series, in which everybody's caches fill. */
    private static final int UNCOUNTED_CALLS = 50;
    private static final int KEYS = 3;

    private final List<Side> functions;
    private final List<Side> clients = List.of(Side.of(Floor.Sql.SAME), Side.of(Floor.Sql.BARE));
    private final Accounts accounts;
    /** The same in each run. */
    private final Random order = new Random(1);

    /** @param functions the one that is looked at comes first */
    Comparison(List<Side> functions, Accounts accounts) {
        this.functions = functions;
        this.accounts = accounts;
    }

    /**
     * Starts with nothing of the functions in the page cache, as in a new execution environment.
     *
     * @see ColdDevice
     */
    Map<String, Object> cold(Setup setup) throws Exception {
        starts(setup, true);
        print("Cold start. " + setup.name(), STARTS + " starts");
        return json();
    }

    /** Starts with everything in the page cache, and calls one after another. Prints a table, and returns the same. */
    Map<String, Object> warm(Setup setup) throws Exception {
        starts(setup, false);
        calls(setup);
        print("Warm. " + setup.name(), STARTS + " starts, " + CALLS + " warm calls");
        return json();
    }

    private void starts(Setup setup, boolean cold) throws Exception {
        functions.forEach(Side::clear);
        clients.forEach(Side::clear);
        for (int round = 0; round < STARTS + UNCOUNTED; round++) {
            for (Side side : inTurn()) {
                start(side, setup, cold, round >= UNCOUNTED);
            }
        }
    }

    private List<Side> inTurn() {
        List<Side> sides = all();
        Collections.shuffle(sides, order);
        return sides;
    }

    private List<Side> all() {
        return new ArrayList<>(Stream.concat(functions.stream(), clients.stream()).toList());
    }

    private void start(Side side, Setup setup, boolean cold, boolean counted) throws Exception {
        if (side.sql == Floor.Sql.BARE) {
            return; // It logs in without a password, so its start says nothing.
        }
        if (side.sql != null) {
            String account = accounts.withKeys(KEYS);
            long start = System.nanoTime();
            try (Floor client = setup.client(side.sql)) {
                long connected = System.nanoTime();
                Benchmark.check(client.revoke(account), KEYS);
                if (counted) {
                    side.of(Measure.FIRST_ANSWER).addSince(start, System.nanoTime());
                    side.of(Measure.FIRST_POLL).addSince(start, connected);
                }
            }
            return;
        }
        byte[] first = Benchmark.delete(accounts.withKeys(KEYS));
        byte[] second = Benchmark.delete(accounts.withKeys(KEYS));
        Path command = cold ? side.coldCommand() : side.command();
        long read = cold ? side.device().bytesRead() : 0;
        try (Function function = new Function(command, setup.environment())) {
            long polled = function.api.awaitFirstPoll();
            double init = function.cpuMillis();
            Function.Faults started = function.faults();
            long handedOut = System.nanoTime();
            long answered = Benchmark.verified(function.api.invoke(first), KEYS);
            int major = function.faults().major();
            long readInAll = cold ? side.device().bytesRead() : 0;
            double firstCall = settled(function);
            Benchmark.verified(function.api.invoke(second), KEYS);
            double secondCall = settled(function);
            if (counted) {
                side.of(Measure.FIRST_POLL).addSince(function.started, polled);
                side.of(Measure.FIRST_ANSWER).add((polled - function.started + answered - handedOut) / 1e6);
                side.of(Measure.INIT_CPU).add(init);
                side.of(Measure.FIRST_CPU).add(firstCall - init);
                side.of(Measure.SECOND_CPU).add(secondCall - firstCall);
                side.of(Measure.MINOR_FAULTS).add(started.minor());
                side.of(Measure.MAJOR_FAULTS).add(major);
                side.of(Measure.READ).add((readInAll - read) / 1e6);
            }
        }
    }

    /** Processor time so far, when the threads that tidy up after a call have done so. */
    private static double settled(Function function) throws InterruptedException, IOException {
        Thread.sleep(20);
        return function.cpuMillis();
    }

    /** The accounts are made beforehand, so that a call follows the one before it as closely as with many callers. */
    private void calls(Setup setup) throws Exception {
        List<String> names = new ArrayList<>();
        List<byte[]> events = new ArrayList<>();
        for (int i = 0; i < (CALLS + UNCOUNTED_CALLS) * all().size(); i++) {
            String account = accounts.withKeys(KEYS);
            names.add(account);
            events.add(Benchmark.delete(account));
        }
        accounts.tidy();
        Map<Side, Function> running = new HashMap<>();
        try (Floor same = setup.client(Floor.Sql.SAME); Floor bare = setup.client(Floor.Sql.BARE)) {
            for (Side side : functions) {
                Function function = new Function(side.command(), setup.environment());
                running.put(side, function);
                function.api.awaitFirstPoll();
            }
            int next = 0;
            Map<Side, Double> before = new HashMap<>();
            for (int call = 0; call < CALLS + UNCOUNTED_CALLS; call++) {
                if (call == UNCOUNTED_CALLS) {
                    for (Side side : functions) {
                        before.put(side, settled(running.get(side)));
                    }
                }
                for (Side side : inTurn()) {
                    call(side, running.get(side), side.sql == Floor.Sql.BARE ? bare : same, names.get(next), events.get(next),
                            call >= UNCOUNTED_CALLS);
                    next++;
                }
            }
            for (Side side : functions) {
                Function function = running.get(side);
                side.of(Measure.WARM_CPU).add((settled(function) - before.get(side)) / CALLS);
                side.of(Measure.RESIDENT).add(function.memory("status", "VmRSS"));
                side.of(Measure.PROPORTIONAL).add(function.memory("smaps_rollup", "Pss"));
                side.of(Measure.ANONYMOUS).add(function.memory("smaps_rollup", "Anonymous"));
            }
        } finally {
            for (Function function : running.values()) {
                function.close();
            }
        }
    }

    private void call(Side side, Function function, Floor client, String account, byte[] event, boolean counted) throws Exception {
        if (side.sql != null) {
            long start = System.nanoTime();
            Floor.Revoked revoked = client.revoke(account);
            long end = System.nanoTime();
            Benchmark.check(revoked, KEYS);
            if (counted) {
                side.of(Measure.WARM).addSince(start, end);
            }
            return;
        }
        long start = System.nanoTime();
        long end = Benchmark.verified(function.api.invoke(event), KEYS);
        if (counted) {
            side.of(Measure.WARM).addSince(start, end);
        }
    }

    private void print(String title, String counts) {
        System.out.printf("%n%s%n%-50s", title, counts);
        all().forEach(side -> System.out.printf("%10s", side.name));
        others().forEach(side -> System.out.printf("%10s", "of " + side.name));
        System.out.println();
        for (Measure measure : Measure.values()) {
            if (functions.get(0).of(measure).isEmpty()) {
                continue;
            }
            row(measure.title, measure, 0.5);
            if (measure == Measure.FIRST_ANSWER) {
                row("  nine of ten within", measure, 0.9);
            } else if (measure == Measure.WARM) {
                row("  99 of 100 within", measure, 0.99);
                row("  the slowest", measure, 1);
            }
        }
    }

    private void row(String title, Measure measure, double part) {
        System.out.printf("%-50s", title);
        all().forEach(side -> cell(side.of(measure).quantile(part)));
        double looked = functions.get(0).of(measure).quantile(part);
        others().forEach(side -> cell(looked / side.of(measure).quantile(part)));
        System.out.println();
    }

    private static void cell(double value) {
        System.out.print(String.format(Locale.ROOT, "%10s", Double.isNaN(value) ? "" : String.format(Locale.ROOT, "%.2f", value)));
    }

    private List<Side> others() {
        return functions.subList(1, functions.size());
    }

    private Map<String, Object> json() {
        Map<String, Object> json = new LinkedHashMap<>();
        for (Side side : all()) {
            Map<String, Object> measures = new LinkedHashMap<>();
            for (Measure measure : Measure.values()) {
                if (!side.of(measure).isEmpty()) {
                    measures.put(measure.name().toLowerCase(Locale.ROOT), side.of(measure).json());
                }
            }
            json.put(side.name, measures);
        }
        return json;
    }
}
