package io.proxykeys.bench;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/**
 * A folder on a block device of its own, of which nothing is in the page cache, as in a new execution environment of Lambda: a loop device
 * with direct I/O, 128 KiB of read-ahead, and a file system that is mounted afresh before each start. Linux; needs the rights of an
 * administrator.
 */
final class ColdDevice implements AutoCloseable {

    private static final int SECTOR = 512;
    private static final int READ_AHEAD_SECTORS = 256;
    /** Room for what the file system keeps for itself; the size of a device is a multiple of it. */
    private static final long MORE = 32 << 20;

    private final Path image = Files.createTempFile(Path.of("target"), "cold", ".img");
    private final Path mountPoint = Files.createTempDirectory("proxy-keys-cold");
    private final String device;
    private boolean mounted;

    /**
     * Copies the folder to a new device.
     *
     * @throws IOException this machine or this user cannot
     */
    ColdDevice(Path folder) throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw"); Stream<Path> files = Files.walk(folder)) {
            long content = files.mapToLong(path -> path.toFile().length()).sum();
            file.setLength((content / MORE + 2) * MORE);
        }
        try {
            run("mkfs.ext4", "-q", "-d", folder.toString(), image.toString());
            device = run("losetup", "--find", "--show", "--direct-io=on", image.toString());
        } catch (IOException e) {
            deleteFiles();
            throw e;
        }
        run("blockdev", "--setra", Integer.toString(READ_AHEAD_SECTORS), device);
    }

    /** Where the folder is, and nothing of it in memory. */
    Path mountAfresh() throws IOException {
        unmount();
        run("blockdev", "--flushbufs", device);
        run("mount", "-o", "ro", device, mountPoint.toString());
        mounted = true;
        return mountPoint;
    }

    /** What was read from the device so far, in bytes. */
    long bytesRead() throws IOException {
        String[] counters = Files.readString(Path.of("/sys/block/" + Path.of(device).getFileName() + "/stat")).strip().split(" +", -1);
        return Long.parseLong(counters[2]) * SECTOR;
    }

    private void unmount() throws IOException {
        if (mounted) {
            run("umount", mountPoint.toString());
            mounted = false;
        }
    }

    private static String run(String... command) throws IOException {
        Process process = new ProcessBuilder(command).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        try {
            if (process.waitFor() != 0) {
                throw new IOException(String.join(" ", command) + ": "
                        + new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8).strip());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
        return output;
    }

    private void deleteFiles() throws IOException {
        Files.deleteIfExists(image);
        Files.deleteIfExists(mountPoint);
    }

    @Override
    public void close() throws IOException {
        unmount();
        run("losetup", "--detach", device);
        deleteFiles();
    }
}
