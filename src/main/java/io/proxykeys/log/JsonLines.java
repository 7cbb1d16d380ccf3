package io.proxykeys.log;

import com.fasterxml.jackson.core.JsonGenerator;
import io.proxykeys.json.JsonText;
import io.quarkus.logging.LoggingFilter;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.logging.Filter;
import java.util.logging.Formatter;
import java.util.logging.LogRecord;
import org.jboss.logmanager.ExtLogRecord;
import org.jboss.logmanager.formatters.PatternFormatter;

/**
 * Turns each record of the log into one line of JSON: {@code timestamp} (RFC 3339, UTC), {@code level}, {@code logger},
 * {@code message}, {@code aws_request_id} of the call that it belongs to, {@code exception} with its stack trace, and the members of a
 * {@link LogEvent}.
 *
 * <p>As a filter of the console ({@code quarkus.log.console.filter}, guide "Logging configuration"), because Quarkus has no setting
 * for a formatter of one's own, and this is the way that also reaches what libraries write, from the first line of the start on. It
 * lets everything pass. The extension that writes JSON costs 2.5 ms of the start (decision 11).
 */
@LoggingFilter(name = JsonLines.NAME)
public final class JsonLines implements Filter {

    static final String NAME = "json-lines";

    private static final String POLL_LOOP = "io.quarkus.amazon.lambda.runtime.AbstractLambdaPollLoop";
    private static final String NOT_TAKEN = "Failed to run lambda";

    /** The message with its parameters, without an exception. */
    private static final Formatter MESSAGE = new PatternFormatter("%s");

    private final String functionName;

    /** Made by Quarkus, which finds it by its annotation. */
    public JsonLines() {
        functionName = Optional.ofNullable(System.getenv("AWS_LAMBDA_FUNCTION_NAME")).orElse("proxy-keys");
    }

    @Override
    public boolean isLoggable(LogRecord logged) {
        ExtLogRecord line = ExtLogRecord.wrap(logged);
        String json = JsonText.of(members -> write(members, line));
        line.setMessage(json, ExtLogRecord.FormatStyle.NO_FORMAT);
        line.setParameters(null);
        line.setThrown(null);
        if (!(logged instanceof ExtLogRecord)) {
            // It was copied, as it came past the log manager, and is what is printed.
            logged.setMessage(json);
            logged.setParameters(null);
            logged.setThrown(null);
        }
        return true;
    }

    private void write(JsonGenerator json, ExtLogRecord line) throws IOException {
        Instant at = line.getInstant().truncatedTo(ChronoUnit.MILLIS);
        LogEvent event = event(line);
        json.writeStringField("timestamp", at.toString());
        json.writeStringField("level", line.getLevel().getName());
        json.writeStringField("logger", line.getLoggerName());
        json.writeStringField("message", event == null ? MESSAGE.format(line) : event.message());
        String requestId = line.getMdc(CallId.NAME);
        if (requestId != null && (event == null || !event.has(CallId.NAME))) {
            json.writeStringField(CallId.NAME, requestId);
        }
        if (event != null) {
            event.members(json, functionName, at);
        }
        if (line.getThrown() != null) {
            json.writeStringField("exception", trace(line.getThrown()));
        }
    }

    /** The event that a line is about; {@code null}: none. */
    private static LogEvent event(ExtLogRecord line) {
        if (line.getParameters() != null && line.getParameters().length == 1 && line.getParameters()[0] instanceof LogEvent event) {
            return event;
        }
        // Only the loop that polls is told that an answer was refused, and it says so only in the log.
        return POLL_LOOP.equals(line.getLoggerName()) && line.getThrown() instanceof IOException && line.getMessage().startsWith(NOT_TAKEN)
                ? LogEvent.of("answer_refused", "Lambda did not take the answer to this invocation: its sender gets none of ours")
                        .with("status", "500").count(Metric.REFUSED_CALLS).by("status")
                : null;
    }

    private static String trace(Throwable thrown) {
        StringWriter trace = new StringWriter();
        thrown.printStackTrace(new PrintWriter(trace));
        return trace.toString();
    }
}
