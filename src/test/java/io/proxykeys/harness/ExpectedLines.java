package io.proxykeys.harness;

import io.quarkus.logging.LoggingFilter;
import java.util.Map;
import java.util.logging.Filter;
import java.util.logging.LogRecord;

/**
 * Keeps off the console what is expected in a run of the tests, so that a warning there means something. What the function says about a
 * call or an alert, its test asserts by the answer; the whole log of the function is in {@code target/function.log}.
 */
@LoggingFilter(name = "expected-lines")
public final class ExpectedLines implements Filter {

    /** The beginnings of names of loggers, and of what they say; an empty text is anything. */
    private static final Map<String, String> EXPECTED = Map.ofEntries(
            Map.entry("io.proxykeys.", ""),
            Map.entry("keys", ""),
            Map.entry("revocation", ""),
            // Says again what the function has said of an alert that it refused, and that the tests are over.
            Map.entry("io.quarkus.amazon.lambda.runtime.AbstractLambdaPollLoop", ""),
            // Of a server that a test has killed.
            Map.entry("io.zonky.test.db.postgres.embedded.EmbeddedPostgres", "Could not stop postmaster"),
            Map.entry("io.vertx.sqlclient.impl.SocketConnectionBase", "Backend notice"),
            // Of the connection that Flyway uses, in development and tests only.
            Map.entry("org.hibernate.orm.connections.pooling", ""),
            Map.entry("io.quarkus.agroal.runtime.", ""),
            // Keys of the tests' own issuer.
            Map.entry("io.smallrye.jwt.config", "SRJWT"),
            // A browser that is newer than its driver's library: what the tests use of it is the same in all versions.
            Map.entry("org.openqa.selenium.", "Unable to find"));

    @Override
    public boolean isLoggable(LogRecord line) {
        String logger = line.getLoggerName() == null ? "" : line.getLoggerName();
        String message = line.getMessage() == null ? "" : line.getMessage();
        return EXPECTED.entrySet().stream()
                .noneMatch(expected -> logger.startsWith(expected.getKey()) && message.startsWith(expected.getValue()));
    }
}
