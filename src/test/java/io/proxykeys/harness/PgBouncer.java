package io.proxykeys.harness;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/** The machine's PgBouncer in front of a server, with nothing in its settings but where that is, who may log in, and the mode. */
public final class PgBouncer implements AutoCloseable {

    private static final List<Path> BINARIES = Stream.of("/usr/sbin/pgbouncer", "/usr/bin/pgbouncer", "/usr/local/bin/pgbouncer",
            "/opt/homebrew/bin/pgbouncer").map(Path::of).toList();

    private final Path folder;
    private final Process process;
    private final int port;

    /** @param mode {@code session} or {@code transaction} */
    public PgBouncer(int serverPort, String mode) {
        this(serverPort, mode, 20);
    }

    /** @param size how many connections to the server it opens; 20 is its default */
    public PgBouncer(int serverPort, String mode, int size) {
        Path binary = binary().orElseThrow(() -> new AssertionError("there is no PgBouncer on this machine"));
        port = freePort();
        try {
            folder = Files.createTempDirectory("proxy-keys-pgbouncer",
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
            Files.writeString(folder.resolve("users"), "\"%s\" \"%s\"\n".formatted(Postgres.FUNCTION_USER, Postgres.PASSWORD));
            Path settings = Files.writeString(folder.resolve("pgbouncer.ini"), """
                    [databases]
                    postgres = host=127.0.0.1 port=%d dbname=postgres
                    [pgbouncer]
                    listen_addr = 127.0.0.1
                    listen_port = %d
                    unix_socket_dir =
                    auth_type = scram-sha-256
                    auth_file = %s
                    pool_mode = %s
                    default_pool_size = %d
                    """.formatted(serverPort, port, folder.resolve("users"), mode, size));
            ProcessBuilder builder = new ProcessBuilder(binary.toString());
            // It refuses to be root.
            if ("root".equals(System.getProperty("user.name"))) {
                builder.command().addAll(List.of("-u", "nobody"));
            }
            builder.command().add(settings.toString());
            process = builder.redirectErrorStream(true).start();
            awaitStart();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Skips the test, and says so where nobody overlooks it, if the machine has none. */
    public static void assumeThereIsOne() {
        if (binary().isEmpty()) {
            System.err.println("""

                    ################################################################################
                    #  NOTHING WAS TESTED BEHIND PGBOUNCER: THERE IS NONE ON THIS MACHINE.         #
                    ################################################################################
                    """);
            Assumptions.abort("there is no PgBouncer on this machine");
        }
    }

    public int port() {
        return port;
    }

    @Override
    public void close() {
        process.destroy();
        process.onExit().join();
        try (Stream<Path> files = Files.list(folder)) {
            files.forEach(file -> file.toFile().delete());
            Files.delete(folder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Optional<Path> binary() {
        return BINARIES.stream().filter(Files::isExecutable).findFirst();
    }

    private void awaitStart() throws IOException {
        BufferedReader log = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        StringBuilder said = new StringBuilder();
        for (String line = log.readLine(); line != null; line = log.readLine()) {
            said.append(line).append('\n');
            if (line.contains("process up")) {
                drain(log);
                return;
            }
        }
        throw new AssertionError("PgBouncer does not start: " + said);
    }

    /** So that it is never stopped by a pipe that is full. */
    private static void drain(BufferedReader log) {
        Thread thread = new Thread(() -> log.lines().forEach(line -> {}), "pgbouncer log");
        thread.setDaemon(true);
        thread.start();
    }

    private static int freePort() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
