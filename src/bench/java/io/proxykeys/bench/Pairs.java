package io.proxykeys.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;

/**
 * Compares two native functions, such as before and after a change, in pairs: both are started and called in turn, so that both
 * see the same machine. Which one comes first changes from pair to pair.
 */
final class Pairs {

    private static final int STARTS = Integer.getInteger("bench.starts", 30);
    private static final int CALLS = Integer.getInteger("bench.calls", 500);
    /** The first pairs, in which the system's caches fill. */
    private static final int UNCOUNTED = 2;
    private static final int UNCOUNTED_CALLS = 50;

    private final List<Side> sides;
    private final Accounts accounts;
    private final Map<String, String> environment;

    /** One of the two, with what was measured of it. */
    private record Side(String name, Path binary, Samples firstPoll, Samples firstAnswer, Samples initCpu, Samples warm, Samples warmCpu,
            Samples resident) {

        Side(String name, Path binary) {
            this(name, binary, new Samples(), new Samples(), new Samples(), new Samples(), new Samples(), new Samples());
        }
    }

    Pairs(Path other, Path binary, Accounts accounts, Map<String, String> environment) throws IOException {
        this.sides = List.of(new Side("other", copy(other)), new Side("this", copy(binary)));
        this.accounts = accounts;
        this.environment = environment;
    }

    /**
     * Both are run from copies that were written in the same way: a binary as the build left it starts 5 to 10 % more slowly than
     * its copy, because of how its pages lie in the system's cache.
     */
    private static Path copy(Path binary) throws IOException {
        Path copy = Files.createTempFile("proxy-keys-bench", "-runner");
        copy.toFile().deleteOnExit();
        return Files.copy(binary, copy, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.COPY_ATTRIBUTES);
    }

    void run() throws Exception {
        for (int pair = 0; pair < STARTS + UNCOUNTED; pair++) {
            for (Side side : inTurn(pair)) {
                start(side, pair >= UNCOUNTED);
            }
        }
        warm();
        System.out.printf("%-56s %10s %10s %10s%n", "medians", "other", "this", "ratio");
        row("start to first poll, ms", sides.get(0).firstPoll, sides.get(1).firstPoll);
        row("start to first answer, ms", sides.get(0).firstAnswer, sides.get(1).firstAnswer);
        row("processor time before the first poll, ms", sides.get(0).initCpu, sides.get(1).initCpu);
        row("warm delete-all of 3 keys, ms", sides.get(0).warm, sides.get(1).warm);
        row("processor time of a warm call, ms", sides.get(0).warmCpu, sides.get(1).warmCpu);
        row("resident after " + (CALLS + UNCOUNTED_CALLS) + " calls, MiB", sides.get(0).resident, sides.get(1).resident);
        System.out.printf("%-56s %10.1f %10.1f%n", "binary, MB", Files.size(sides.get(0).binary) / 1e6, Files.size(sides.get(1).binary)
                / 1e6);
    }

    private List<Side> inTurn(int round) {
        return round % 2 == 0 ? sides : List.of(sides.get(1), sides.get(0));
    }

    private void start(Side side, boolean counted) throws Exception {
        byte[] event = Benchmark.delete(accounts.withKeys(3));
        try (Function function = new Function(side.binary, environment)) {
            long polled = function.api.awaitFirstPoll();
            double cpu = function.cpuMillis();
            long handedOut = System.nanoTime();
            long answered = Benchmark.verified(function.api.invoke(event), 3);
            if (counted) {
                side.firstPoll.addSince(function.started, polled);
                side.firstAnswer.add((polled - function.started + answered - handedOut) / 1e6);
                side.initCpu.add(cpu);
            }
        }
    }

    private void warm() throws Exception {
        try (Function one = new Function(sides.get(0).binary, environment); Function two = new Function(sides.get(1).binary, environment)) {
            one.api.awaitFirstPoll();
            two.api.awaitFirstPoll();
            for (int call = 0; call < CALLS + UNCOUNTED_CALLS; call++) {
                for (Side side : inTurn(call)) {
                    Function function = side.equals(sides.get(0)) ? one : two;
                    byte[] event = Benchmark.delete(accounts.withKeys(3));
                    double cpu = function.cpuMillis();
                    long start = System.nanoTime();
                    long end = Benchmark.verified(function.api.invoke(event), 3);
                    if (call >= UNCOUNTED_CALLS) {
                        side.warm.addSince(start, end);
                        side.warmCpu.add(function.cpuMillis() - cpu);
                    }
                }
            }
            sides.get(0).resident.add(one.memory("status", "VmRSS"));
            sides.get(1).resident.add(two.memory("status", "VmRSS"));
        }
    }

    private static void row(String name, Samples other, Samples binary) {
        System.out.printf("%-56s %10.3f %10.3f %10.3f%n", name, other.median(), binary.median(), binary.median() / other.median());
    }
}
