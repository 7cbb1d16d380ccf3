package io.proxykeys.harness;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A copy of the function of the archive, started with nothing but its environment, as Lambda starts it. */
public final class NativeFunction implements AutoCloseable {

    private final RuntimeApi api = new RuntimeApi();
    private final Path log;
    private final Process process;

    private NativeFunction(List<String> command, Map<String, String> environment) {
        try {
            log = Files.createTempFile("proxy-keys-function", ".log");
            log.toFile().deleteOnExit();
            ProcessBuilder builder = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(log.toFile());
            builder.environment().clear();
            builder.environment().putAll(environment);
            builder.environment().put("AWS_LAMBDA_RUNTIME_API", api.address());
            process = builder.start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Starts a copy; it may fail to come up. */
    public static NativeFunction start(Map<String, String> environment) {
        return new NativeFunction(List.of(bootstrap().toString()), environment);
    }

    /**
     * The same, with names of hosts from a file in place of {@code /etc/hosts}, in a mount namespace of its own. Needs the rights of
     * an administrator.
     */
    public static NativeFunction start(Map<String, String> environment, Path hosts) {
        return elsewhere(environment, mount(hosts, "/etc/hosts"));
    }

    /** The same, on a host with another name, for which all names but those in the file are asked of {@link NameServer}. */
    public static NativeFunction start(Map<String, String> environment, Path hosts, String hostName) {
        try {
            Path resolver = Files.writeString(hosts.resolveSibling("resolv.conf"), "nameserver " + NameServer.ADDRESS + "\n");
            Path order = Files.writeString(hosts.resolveSibling("nsswitch.conf"), "hosts: files dns\n");
            return elsewhere(environment, mount(hosts, "/etc/hosts") + mount(resolver, "/etc/resolv.conf") + mount(order,
                    "/etc/nsswitch.conf") + "echo '" + hostName + "' > /proc/sys/kernel/hostname && ");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static NativeFunction elsewhere(Map<String, String> environment, String commands) {
        return new NativeFunction(List.of("/usr/bin/unshare", "--mount", "--uts", "/bin/sh", "-c", commands + "exec '" + bootstrap() + "'"),
                environment);
    }

    private static String mount(Path file, String place) {
        return "/bin/mount --bind '" + file + "' " + place + " && ";
    }

    /** The environment of a deployment, by the names of the contract. */
    public static Map<String, String> environment(int databasePort, String keyLocation) {
        return new HashMap<>(Map.of(
                "QUARKUS_DATASOURCE_REACTIVE_URL", "postgresql://localhost:" + databasePort + "/postgres",
                "QUARKUS_DATASOURCE_USERNAME", Postgres.FUNCTION_USER,
                "QUARKUS_DATASOURCE_PASSWORD", Postgres.PASSWORD,
                "MP_JWT_VERIFY_PUBLICKEY_LOCATION", keyLocation,
                "MP_JWT_VERIFY_ISSUER", Issuer.NAME,
                "MP_JWT_VERIFY_AUDIENCES", Issuer.AUDIENCE));
    }

    /** What Lambda starts, from the archive that the build made. */
    private static Path bootstrap() {
        return Unpacked.BOOTSTRAP;
    }

    /** The binary that the build packaged. */
    public static Path binary() {
        return bootstrap().resolveSibling("runner");
    }

    /** Once for all copies. */
    private static final class Unpacked {

        private static final Path BOOTSTRAP;

        static {
            try {
                Path folder = Files.createTempDirectory("proxy-keys-function");
                BOOTSTRAP = Archive.unpack(Archive.OURS, folder);
                for (File file : List.of(folder.toFile(), BOOTSTRAP.toFile(), folder.resolve("runner").toFile())) {
                    file.deleteOnExit();
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    public NativeFunction awaitFirstPoll() {
        try {
            api.firstPoll().get(20, TimeUnit.SECONDS);
            return this;
        } catch (InterruptedException | ExecutionException | TimeoutException e) {
            throw new AssertionError("The function did not ask for an event: " + output(), e);
        }
    }

    public CompletableFuture<Gateway.Result> invokeAsync(JsonNode event) {
        return api.invoke(event);
    }

    /** What it answers to an invocation with this deadline, within the deadline. */
    public Gateway.Result invokeWithin(Duration deadline, JsonNode event) {
        try {
            return api.invoke(event, deadline).get(deadline.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException | ExecutionException | TimeoutException e) {
            throw new AssertionError("No answer within " + deadline + ": " + output(), e);
        }
    }

    public Gateway.Result invoke(JsonNode event) {
        try {
            return invokeAsync(event).get(30, TimeUnit.SECONDS);
        } catch (InterruptedException | ExecutionException | TimeoutException e) {
            throw new AssertionError("No answer: " + output(), e);
        }
    }

    /** From now on Lambda takes no longer responses than this. */
    public void takeAtMost(int bytes) {
        api.takeAtMost(bytes);
    }

    /** The processor time that it has used so far. */
    public Duration processorTime() {
        return process.info().totalCpuDuration().orElseThrow();
    }

    /** The exit code of a copy that is expected to end alone. */
    public int awaitExit() {
        try {
            if (!process.waitFor(20, TimeUnit.SECONDS)) {
                throw new AssertionError("The function is still running: " + output());
            }
            return process.exitValue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    /** Stops it without its knowing, as Lambda does between calls and whenever a call takes too long. */
    public void freeze() {
        signal("STOP");
    }

    /** Lets it go on where it was. */
    public void thaw() {
        signal("CONT");
    }

    /** Asks it to end, as Lambda does with a copy that it no longer needs where an extension is registered. */
    public void terminate() {
        signal("TERM");
    }

    /** Ends it at once, as Lambda does with a copy it no longer needs. Calls that it was serving fail. */
    public void kill() {
        process.destroyForcibly();
        try {
            process.waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        api.close();
    }

    private void signal(String name) {
        try {
            int failed = new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).inheritIO().start().waitFor();
            if (failed != 0) {
                throw new AssertionError("Cannot signal the function: " + output());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Everything it has printed. */
    public List<String> output() {
        try {
            return Files.readAllLines(log);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Its log, of which every line has to be a JSON object. */
    public List<JsonNode> log() {
        return output().stream().map(Api::json).toList();
    }

    /** The kinds of events in its log, in their order; a line without one by its message. */
    public List<String> events() {
        return log().stream().map(line -> line.path("event").asText(line.path("message").asText())).toList();
    }

    @Override
    public void close() {
        kill();
    }
}
