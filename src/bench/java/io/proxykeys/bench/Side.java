package io.proxykeys.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.EnumMap;
import java.util.Map;

/** A function or a bare client to measure, and what was measured of it. */
final class Side {

    final String name;
    /** Of a function. */
    final Path command;
    /** Of a bare client. */
    final Floor.Sql sql;
    private final Map<Measure, Samples> samples = new EnumMap<>(Measure.class);

    private Side(String name, Path command, Floor.Sql sql) {
        this.name = name;
        this.command = command;
        this.sql = sql;
    }

    /**
     * A native function is run from a copy, so that all are written in the same way: a binary as the build left it starts 5 to 10 % more
     * slowly than its copy, because of how its pages lie in the system's cache. Anything else is run where it is.
     */
    static Side of(String name, Path function) throws IOException {
        if (!function.getFileName().toString().contains("runner")) {
            return new Side(name, function.toAbsolutePath(), null);
        }
        Path copy = Files.createTempFile("proxy-keys-bench", "-runner");
        copy.toFile().deleteOnExit();
        return new Side(name, Files.copy(function, copy, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.COPY_ATTRIBUTES), null);
    }

    /** A bare client instead of a function. */
    static Side of(Floor.Sql sql) {
        return new Side(sql == Floor.Sql.SAME ? "floor" : "bare SQL", null, sql);
    }

    Samples of(Measure measure) {
        return samples.computeIfAbsent(measure, none -> new Samples());
    }

    void clear() {
        samples.clear();
    }
}
