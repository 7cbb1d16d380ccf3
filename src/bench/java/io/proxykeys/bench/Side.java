package io.proxykeys.bench;

import io.proxykeys.harness.Archive;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** A function or a bare client to measure, and what was measured of it. */
final class Side implements AutoCloseable {

    private static final String BOOTSTRAP = "bootstrap";

    final String name;
    /** Of a bare client. */
    final Floor.Sql sql;
    /** Of a function: all that it reads, as Lambda unpacks it. */
    private final Path folder;
    private final Map<Measure, Samples> samples = new EnumMap<>(Measure.class);
    private ColdDevice device;

    private Side(String name, Path folder, Floor.Sql sql) {
        this.name = name;
        this.folder = folder;
        this.sql = sql;
    }

    /**
     * A function is run from a copy, so that all are written in the same way: a binary as the build left it, or as it was unpacked, starts
     * 5 to 15 % more slowly than its copy, because of how its pages lie in the system's cache.
     *
     * @param function an archive for Lambda, a folder with what such an archive has, or a binary
     */
    static Side of(String name, Path function) throws IOException {
        Path folder = Files.createTempDirectory("proxy-keys-bench");
        if (function.toString().endsWith(".zip")) {
            Path unpacked = Files.createTempDirectory("proxy-keys-unpacked");
            Archive.unpack(function, unpacked);
            copyAll(unpacked, folder);
            delete(unpacked);
        } else if (Files.isDirectory(function)) {
            copyAll(function, folder);
        } else {
            copy(function, folder.resolve(BOOTSTRAP));
        }
        return new Side(name, folder, null);
    }

    /** A bare client instead of a function. */
    static Side of(Floor.Sql sql) {
        return new Side(sql == Floor.Sql.SAME ? "floor" : "bare SQL", null, sql);
    }

    /** What to start, in the page cache. */
    Path command() {
        return folder.resolve(BOOTSTRAP);
    }

    /** What to start, on a device of which nothing is in the page cache. */
    Path coldCommand() throws IOException {
        return device().mountAfresh().resolve(BOOTSTRAP);
    }

    ColdDevice device() throws IOException {
        if (device == null) {
            device = new ColdDevice(folder);
        }
        return device;
    }

    long bytes() throws IOException {
        return list(folder).stream().mapToLong(file -> file.toFile().length()).sum();
    }

    Samples of(Measure measure) {
        return samples.computeIfAbsent(measure, none -> new Samples());
    }

    void clear() {
        samples.clear();
    }

    private static List<Path> list(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.toList();
        }
    }

    private static void copyAll(Path folder, Path copy) throws IOException {
        for (Path file : list(folder)) {
            copy(file, copy.resolve(file.getFileName()));
        }
    }

    private static void copy(Path file, Path copy) throws IOException {
        Files.copy(file, copy, StandardCopyOption.COPY_ATTRIBUTES);
    }

    void removeDevice() throws IOException {
        if (device != null) {
            device.close();
            device = null;
        }
    }

    @Override
    public void close() throws IOException {
        removeDevice();
        if (folder != null) {
            delete(folder);
        }
    }

    private static void delete(Path folder) throws IOException {
        for (Path file : list(folder)) {
            Files.delete(file);
        }
        Files.delete(folder);
    }
}
