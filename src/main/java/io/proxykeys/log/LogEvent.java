package io.proxykeys.log;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;

/**
 * A line of the log with members of its own, and the metrics that CloudWatch takes from it (embedded metric format,
 * <a href="https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html">AWS</a>).
 * {@link JsonLines} writes it as one JSON object; in development it is text.
 *
 * <p>No member may be a token or a secret. A value chosen by a caller cannot start a line of its own: it is a JSON string.
 */
public final class LogEvent {

    private static final String NAMESPACE = "ProxyKeys";
    private static final String FUNCTION_NAME = "FunctionName";

    private final String message;
    private final Map<String, Object> members = new LinkedHashMap<>();
    private final Map<Metric, Number> metrics = new EnumMap<>(Metric.class);
    private List<String> dimensions = List.of();

    private LogEvent(String event, String message) {
        this.message = message;
        members.put("event", event);
    }

    /**
     * Begins a line.
     *
     * @param event the kind of event, by which queries and subscription filters find it: a name that never changes
     * @param message for people
     */
    public static LogEvent of(String event, String message) {
        return new LogEvent(event, message);
    }

    /** Adds a member; none if the value is {@code null}. */
    public LogEvent with(String name, String value) {
        return put(name, value);
    }

    /** Adds a member. */
    public LogEvent with(String name, long value) {
        return put(name, value);
    }

    /** Adds a member: an amount of credits. */
    public LogEvent with(String name, BigDecimal value) {
        return put(name, value);
    }

    /** Adds a member. */
    public LogEvent with(String name, boolean value) {
        return put(name, value);
    }

    /** Adds a member: a list of strings. */
    public LogEvent with(String name, List<String> value) {
        return put(name, List.copyOf(value));
    }

    /** Counts one for a metric. */
    public LogEvent count(Metric metric) {
        return measure(metric, 1);
    }

    /** Adds a value to a metric. */
    public LogEvent measure(Metric metric, Number value) {
        metrics.put(metric, value);
        return this;
    }

    /** Has the metrics counted by these members as well; each must be a string, with few different values. */
    public LogEvent by(String... names) {
        dimensions = List.of(names);
        return this;
    }

    /** Writes the line. */
    public void info(Logger log) {
        log.infof("%s", this);
    }

    /** Writes the line as an error, with its cause; none if that is {@code null}. */
    public void error(Logger log, Throwable cause) {
        log.errorf(cause, "%s", this);
    }

    String message() {
        return message;
    }

    /** Whether the line has a member of this name. */
    boolean has(String name) {
        return members.containsKey(name);
    }

    /** Writes its members, and what CloudWatch needs to know about the metrics among them. */
    void members(JsonGenerator json, String functionName, Instant at) throws IOException {
        for (Map.Entry<String, Object> member : members.entrySet()) {
            write(json, member.getKey(), member.getValue());
        }
        if (metrics.isEmpty()) {
            return;
        }
        json.writeStringField(FUNCTION_NAME, functionName);
        for (Map.Entry<Metric, Number> metric : metrics.entrySet()) {
            write(json, metric.getKey().code(), metric.getValue());
        }
        json.writeObjectFieldStart("_aws");
        json.writeNumberField("Timestamp", at.toEpochMilli());
        json.writeArrayFieldStart("CloudWatchMetrics");
        json.writeStartObject();
        json.writeStringField("Namespace", NAMESPACE);
        writeDimensions(json);
        json.writeArrayFieldStart("Metrics");
        for (Metric metric : metrics.keySet()) {
            json.writeStartObject();
            json.writeStringField("Name", metric.code());
            json.writeStringField("Unit", metric.unit());
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeEndObject();
        json.writeEndArray();
        json.writeEndObject();
    }

    private void writeDimensions(JsonGenerator json) throws IOException {
        json.writeArrayFieldStart("Dimensions");
        writeStrings(json, List.of(FUNCTION_NAME));
        if (!dimensions.isEmpty()) {
            json.writeStartArray();
            json.writeString(FUNCTION_NAME);
            for (String name : dimensions) {
                json.writeString(name);
            }
            json.writeEndArray();
        }
        json.writeEndArray();
    }

    private static void write(JsonGenerator json, String name, Object value) throws IOException {
        json.writeFieldName(name);
        if (value instanceof BigDecimal amount) {
            json.writeNumber(amount);
        } else if (value instanceof Number number) {
            json.writeNumber(number.longValue());
        } else if (value instanceof Boolean flag) {
            json.writeBoolean(flag);
        } else if (value instanceof List<?> list) {
            writeStrings(json, list);
        } else {
            json.writeString(value.toString());
        }
    }

    private static void writeStrings(JsonGenerator json, List<?> strings) throws IOException {
        json.writeStartArray();
        for (Object one : strings) {
            json.writeString(one.toString());
        }
        json.writeEndArray();
    }

    private LogEvent put(String name, Object value) {
        if (value != null) {
            members.put(name, value);
        }
        return this;
    }

    /** For people: the message, then the members. */
    @Override
    public String toString() {
        return message + members.entrySet().stream().filter(member -> !member.getKey().equals("event"))
                .map(member -> " " + member.getKey() + '=' + member.getValue()).collect(Collectors.joining());
    }
}
