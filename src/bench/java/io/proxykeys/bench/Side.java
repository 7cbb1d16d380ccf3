package io.proxykeys.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.EnumMap;
import java.util.Map;

/** A function to measure, and what was measured of it. */
final class Side {

    final String name;
    final Path command;
    private final Map<Measure, Samples> samples = new EnumMap<>(Measure.class);

    private Side(String name, Path command) {
        this.name = name;
        this.command = command;
    }

    /**
     * A native function is run from a copy, so that all are written in the same way: a binary as the build left it starts 5 to 10 % more
     * slowly than its copy, because of how its pages lie in the system's cache. Anything else is run where it is.
     */
    static Side of(String name, Path function) throws IOException {
        if (!function.getFileName().toString().contains("runner")) {
            return new Side(name, function.toAbsolutePath());
        }
        Path copy = Files.createTempFile("proxy-keys-bench", "-runner");
        copy.toFile().deleteOnExit();
        return new Side(name, Files.copy(function, copy, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.COPY_ATTRIBUTES));
    }

    /** The same SQL by a bare client. */
    static Side floor() {
        return new Side("floor", null);
    }

    Samples of(Measure measure) {
        return samples.computeIfAbsent(measure, none -> new Samples());
    }

    void clear() {
        samples.clear();
    }
}
