package io.proxykeys.harness;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/** A function as it is handed to Lambda, which unpacks it into a folder and starts {@code bootstrap} there. */
public final class Archive {

    /** What the build made. */
    public static final Path OURS = Path.of("target/function.zip");

    private Archive() {
    }

    /**
     * Unpacks it. Every file may be executed.
     *
     * @param folder exists, and is empty
     * @return what to start
     */
    public static Path unpack(Path archive, Path folder) throws IOException {
        if (!Files.exists(archive)) {
            throw new AssertionError("No " + archive + ": build with -Dnative");
        }
        try (ZipFile zip = new ZipFile(archive.toFile())) {
            for (ZipEntry entry : Collections.list(zip.entries())) {
                Path file = folder.resolve(entry.getName());
                try (InputStream content = zip.getInputStream(entry)) {
                    Files.copy(content, file);
                }
                if (!file.toFile().setExecutable(true, false)) {
                    throw new IOException(file.toString());
                }
            }
        }
        return folder.resolve("bootstrap");
    }
}
