package io.proxykeys.harness;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.configuration.FluentConfiguration;

/**
 * A real PostgreSQL with the real migrations and the real grants. The function logs in as a member of its own role, with
 * SCRAM, so every test also shows that the grants suffice.
 */
public final class Postgres {

    public static final String FUNCTION_USER = "proxy_keys_lambda";
    public static final String DATA_PLANE_USER = "gateway";
    public static final String PASSWORD = "only-for-tests";

    private static Postgres shared;

    private final Path folder;
    private EmbeddedPostgres server;

    private Postgres(Path folder) {
        this.folder = folder;
        try {
            server = server().setDataDirectory(folder.resolve("data")).start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Runtime.getRuntime().addShutdownHook(new Thread(this::remove, "remove " + folder));
    }

    private Postgres() {
        this(temporaryFolder());
        requirePassword(FUNCTION_USER);
        migrate("postgres");
        execute("CREATE ROLE " + FUNCTION_USER + " LOGIN PASSWORD '" + PASSWORD + "' IN ROLE proxy_keys_function");
        // The function itself has to make sure that what it confirmed is there after a crash.
        execute("ALTER ROLE " + FUNCTION_USER + " SET synchronous_commit = off");
        execute("CREATE ROLE " + DATA_PLANE_USER + " LOGIN PASSWORD '" + PASSWORD + "' IN ROLE proxy_keys_data_plane");
    }

    private static Path temporaryFolder() {
        try {
            return Files.createTempDirectory("proxy-keys-postgres");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** An embedded server lets everybody in; the first line of the file that fits decides. */
    private void requirePassword(String user) {
        Path file = folder.resolve("data/pg_hba.conf");
        try {
            Files.writeString(file, "host all %s all scram-sha-256%n%s".formatted(user, Files.readString(file)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        execute("SELECT pg_reload_conf()");
    }

    private static EmbeddedPostgres.Builder server() {
        // Embedded servers do without by default; here they crash.
        // After a crash it reads what it wrote since the last checkpoint, on a busy disk longer than the 10 s of the default.
        return EmbeddedPostgres.builder().setPGStartupWait(Duration.ofMinutes(1)).setServerConfig("synchronous_commit", "on")
                .setServerConfig("max_connections", "100").setCleanDataDirectory(false);
    }

    /** The one server of this test run. */
    public static synchronized Postgres shared() {
        if (shared == null) {
            shared = new Postgres();
        }
        return shared;
    }

    /** A server of one's own, to be restarted and crashed. */
    public static Postgres own() {
        return new Postgres();
    }

    /** Stops the server as its administrator does ("fast"), and starts it again. */
    public synchronized void restart() {
        stop("INT");
        startAgain();
    }

    /** Stops the server as a crash does ("immediate": PostgreSQL manual, "Shutting Down the Server"). */
    public synchronized void crash() {
        stop("QUIT");
    }

    /** Both, with nobody in between who might want to stop it too. */
    public synchronized void crashAndStartAgain() {
        crash();
        startAgain();
    }

    /** After {@link #crash}: on the same port, with what is on the disk. */
    public synchronized void startAgain() {
        int port = server.getPort();
        try {
            server.close();
            server = server().setDataDirectory(folder.resolve("data")).setPort(port).start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A standby that follows this server: a copy of its files, made while it is stopped. */
    public synchronized Postgres standby() {
        Path copy = temporaryFolder();
        stop("INT");
        try (Stream<Path> files = Files.walk(folder.resolve("data"))) {
            for (Path file : (Iterable<Path>) files::iterator) {
                Path target = copy.resolve(folder.relativize(file));
                Files.copy(file, target, StandardCopyOption.COPY_ATTRIBUTES);
            }
            startAgain();
            follow(copy, port());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new Postgres(copy);
    }

    /** Makes the primary of a standby, when it has everything that its primary had. */
    public void promote() {
        await("it is not promoted", "SELECT pg_promote()");
    }

    /** After {@link #stop}: starts again, as a standby of the server that was promoted, on the same port. */
    public synchronized void comeBackAsStandbyOf(Postgres primary) {
        try {
            follow(folder, primary.port());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        startAgain();
    }

    /** Stops the server as its administrator does ("fast"). */
    public synchronized void stop() {
        stop("INT");
    }

    private static void follow(Path folder, int primaryPort) throws IOException {
        Files.createFile(folder.resolve("data/standby.signal"));
        Files.writeString(folder.resolve("data/postgresql.auto.conf"),
                "primary_conninfo = 'host=127.0.0.1 port=" + primaryPort + " user=postgres'\n");
    }

    private void stop(String signal) {
        try {
            String pid = Files.readAllLines(folder.resolve("data/postmaster.pid")).get(0);
            new ProcessBuilder("kill", "-" + signal, pid).start().waitFor();
            ProcessHandle.of(Long.parseLong(pid)).ifPresent(postmaster -> postmaster.onExit().join());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void remove() {
        try (Stream<Path> files = Files.walk(folder)) {
            server.close();
            files.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Applies the migrations to a database of this server, which also gives the roles their rights. */
    public void migrate(String database) {
        flyway(database).load().migrate();
    }

    /** Flyway as the build configures it, for what else it can do. */
    public FluentConfiguration flyway(String database) {
        return Flyway.configure().dataSource(server.getDatabase("postgres", database))
                .locations("filesystem:src/main/resources/db/migration");
    }

    public int port() {
        return server.getPort();
    }

    /** A connection of the owner of the tables. */
    public Connection connect() {
        return connect("postgres", "postgres", "postgres");
    }

    public Connection connect(String database, String user, String password) {
        try {
            return DriverManager.getConnection("jdbc:postgresql://localhost:" + port() + "/" + database, user, password);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    public void execute(String sql, Object... parameters) {
        try (Connection connection = connect()) {
            execute(connection, sql, parameters);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    public static void execute(Connection connection, String sql, Object... parameters) throws SQLException {
        if (parameters.length == 0) {
            try (var statement = connection.createStatement()) {
                statement.execute(sql);
            }
            return;
        }
        try (PreparedStatement statement = prepare(connection, sql, parameters)) {
            statement.execute();
        }
    }

    /** The first column of the only row. */
    public <T> T one(Class<T> type, String sql, Object... parameters) {
        try (Connection connection = connect()) {
            return one(connection, type, sql, parameters);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    public static <T> T one(Connection connection, Class<T> type, String sql, Object... parameters) throws SQLException {
        try (PreparedStatement statement = prepare(connection, sql, parameters); ResultSet rows = statement.executeQuery()) {
            if (!rows.next()) {
                throw new AssertionError("No row: " + sql);
            }
            T value = rows.getObject(1, type);
            if (rows.next()) {
                throw new AssertionError("More than one row: " + sql);
            }
            return value;
        }
    }

    /** Waits until a statement of this role waits for the lock of another transaction. */
    public void awaitWaitingForALock(String role) {
        await("no statement of " + role + " waits for a lock", """
                SELECT count(*) > 0 FROM pg_stat_activity WHERE usename = ? AND wait_event_type = 'Lock'""", role);
    }

    /** Waits up to 10 seconds for a query to say yes. */
    public void await(String otherwise, String condition, Object... parameters) {
        Awaitility.await(otherwise).atMost(Duration.ofSeconds(10)).pollInterval(Duration.ofMillis(10))
                .until(() -> one(Boolean.class, condition, parameters));
    }

    /** Every row as one text, in order: equal texts are equal tables, byte for byte. */
    public List<String> rows(String sql, Object... parameters) {
        List<String> all = new ArrayList<>();
        try (Connection connection = connect();
                PreparedStatement statement = prepare(connection, sql, parameters);
                ResultSet rows = statement.executeQuery()) {
            while (rows.next()) {
                StringBuilder row = new StringBuilder();
                for (int column = 1; column <= rows.getMetaData().getColumnCount(); column++) {
                    row.append(rows.getString(column)).append('|');
                }
                all.add(row.toString());
            }
            return all;
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    public static PreparedStatement prepare(Connection connection, String sql, Object... parameters) throws SQLException {
        PreparedStatement statement = connection.prepareStatement(sql);
        for (int i = 0; i < parameters.length; i++) {
            statement.setObject(i + 1, parameters[i]);
        }
        return statement;
    }
}
