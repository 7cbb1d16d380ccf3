package io.proxykeys.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** A running copy of the native function, and what the system says of its process. */
final class Function implements AutoCloseable {

    final RuntimeApi api = new RuntimeApi();
    /** {@link System#nanoTime} just before it was started. */
    final long started;
    private final Process process;
    private final Path log;

    /** @param command a native function, or anything else that speaks to the Runtime API */
    Function(Path command, Map<String, String> environment, String... arguments) throws IOException {
        log = Files.createTempFile("proxy-keys-bench", ".log");
        List<String> words = new ArrayList<>(List.of(command.toString()));
        words.addAll(List.of(arguments));
        // To try out options of the native image at run time, such as -Xmn8m.
        words.addAll(List.of(System.getProperty("bench.arguments", "").split(" +")).stream().filter(word -> !word.isEmpty()).toList());
        ProcessBuilder builder = new ProcessBuilder(words).redirectErrorStream(true).redirectOutput(log.toFile());
        builder.environment().clear();
        builder.environment().putAll(environment);
        builder.environment().put("AWS_LAMBDA_RUNTIME_API", api.address());
        started = System.nanoTime();
        process = builder.start();
    }

    /** Processor time so far of all its threads, and of what it has started and not waited for, in milliseconds. */
    double cpuMillis() throws IOException {
        String main = "/proc/" + process.pid() + "/task/" + process.pid();
        try (Stream<Path> threads = Files.list(Path.of(main).getParent());
                Stream<String> children = Stream.of(Files.readString(Path.of(main, "children")).split(" ", -1))) {
            return Stream.concat(threads, children.filter(child -> !child.isBlank()).map(child -> Path.of("/proc", child)))
                    .mapToLong(Function::ran).sum() / 1e6;
        }
    }

    private static long ran(Path thread) {
        try {
            return Long.parseLong(Files.readString(thread.resolve("schedstat")).split(" ", 2)[0]);
        } catch (IOException ended) {
            return 0;
        }
    }

    /** Page faults of the process so far: what was in memory already, and what was waited for until it was read. */
    record Faults(int minor, int major) {
    }

    Faults faults() throws IOException {
        // The name, which comes second, may have spaces.
        String[] fields = Files.readString(Path.of("/proc/" + process.pid() + "/stat")).replaceFirst(".*\\) ", "").split(" ", -1);
        return new Faults(Integer.parseInt(fields[7]), Integer.parseInt(fields[9]));
    }

    /** A line of {@code /proc/<pid>/smaps_rollup} or {@code status}, in MiB. */
    double memory(String file, String line) throws IOException {
        Matcher found = Pattern.compile("(?m)^" + line + ":\\s+(\\d+) kB").matcher(Files.readString(Path.of("/proc/" + process.pid() + "/"
                + file)));
        if (!found.find()) {
            throw new IOException("no " + line);
        }
        return Long.parseLong(found.group(1)) / 1024.0;
    }

    @Override
    public void close() throws IOException {
        process.destroyForcibly().onExit().join();
        api.close();
        Files.delete(log);
    }
}
