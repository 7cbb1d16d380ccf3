package io.proxykeys.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.proxykeys.harness.Api;
import java.io.IOException;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.List;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import org.jboss.logging.MDC;
import org.jboss.logmanager.ExtLogRecord;
import org.jboss.logmanager.formatters.PatternFormatter;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What becomes of a record of the log. */
class JsonLinesTest {

    private final JsonLines filter = new JsonLines();

    /** Another test may have left the id of its call. */
    @BeforeEach
    void outsideOfACall() {
        MDC.remove(CallId.NAME);
    }

    @Test
    void aRecordOfALibraryIsOneLineOfJson() {
        JsonNode line = line(record("%s of %d\n\"quoted\" \u0000", new IllegalStateException("outer", new IllegalArgumentException(
                "inner")),
                "one", 2));

        assertEquals("WARN", line.get("level").textValue());
        assertEquals("io.example.Library", line.get("logger").textValue());
        assertEquals("one of 2\n\"quoted\" \u0000", line.get("message").textValue());
        assertTrue(line.get("exception").textValue().contains("Caused by: java.lang.IllegalArgumentException: inner"));
        assertEquals(Instant.parse(line.get("timestamp").textValue()).toString(), line.get("timestamp").textValue());
        assertNull(line.get("aws_request_id"));
        assertNull(line.get("_aws"));
    }

    /** As a logger writes it that was made before the log manager, such as one of the JDK. */
    @Test
    void aRecordThatComesPastTheLogManagerIsOneLineToo() {
        LogRecord plain = new LogRecord(Level.WARNING, "one {0}\ntwo");
        plain.setLoggerName("io.example.Library");
        plain.setParameters(new Object[] { "1" });
        plain.setThrown(new IllegalStateException("why"));

        assertTrue(filter.isLoggable(plain));

        String written = new PatternFormatter("%s%e%n").format(plain);
        assertEquals(1, written.lines().count(), written);
        assertEquals("one 1\ntwo", Api.json(written).get("message").textValue());
        assertTrue(Api.json(written).get("exception").textValue().contains("why"));
    }

    @Test
    void aLineHasTheIdOfTheInvocationThatItIsWrittenFor() {
        CallId.set("id-1");
        try {
            assertEquals("id-1", line(record("text", null)).get("aws_request_id").textValue());
            assertEquals("id-2", line(record("%s", null, LogEvent.of("e", "m").with("aws_request_id", "id-2"))).get("aws_request_id")
                    .textValue());
        } finally {
            MDC.remove(CallId.NAME);
        }
        assertNull(line(record("text", null)).get("aws_request_id"));
    }

    @Test
    void anEventHasItsMembersAndNothingOfItIsInTheMessage() {
        JsonNode line = line(record("%s", null, LogEvent.of("happened", "It happened")
                .with("text", "a\"b\nc").with("missing", (String) null).with("number", 7).with("flag", true)
                .with("amount", new BigDecimal("0.000001")).with("list", List.of("x", "y"))));

        assertEquals("It happened", line.get("message").textValue());
        assertEquals("happened", line.get("event").textValue());
        assertEquals("a\"b\nc", line.get("text").textValue());
        assertFalse(line.has("missing"));
        assertEquals(7, line.get("number").intValue());
        assertTrue(line.get("flag").booleanValue());
        assertEquals("[\"x\",\"y\"]", line.get("list").toString());
    }

    /** As the loop that polls for events writes it. */
    @Test
    void anAnswerThatLambdaDidNotTakeIsCounted() {
        ExtLogRecord refused = record("Failed to run lambda (NORMAL)", new IOException("Server returned HTTP response code: 413"));
        refused.setLoggerName("io.quarkus.amazon.lambda.runtime.AbstractLambdaPollLoop");

        JsonNode line = line(refused);

        assertEquals("answer_refused", line.get("event").textValue());
        assertEquals(1, line.get("RefusedCalls").intValue());
        assertTrue(line.get("exception").textValue().contains("413"));
    }

    /** The members that the specification of the embedded metric format asks for. */
    @Test
    void theMetricsOfAnEventAreDescribedForCloudWatch() {
        JsonNode line = line(record("%s", null, LogEvent.of("revoked", "Revoked").with("trigger", "alert").with("account_id", "a1")
                .measure(Metric.KEYS_DELETED, 5).measure(Metric.CREDITS_RETURNED, new BigDecimal("174.500000")).count(Metric.REVOCATIONS)
                .by("trigger")));

        JsonNode aws = line.get("_aws");
        assertEquals(Instant.parse(line.get("timestamp").textValue()).toEpochMilli(), aws.get("Timestamp").longValue());
        JsonNode directive = aws.get("CloudWatchMetrics").get(0);
        assertEquals("ProxyKeys", directive.get("Namespace").textValue());
        assertEquals("[[\"FunctionName\"],[\"FunctionName\",\"trigger\"]]", directive.get("Dimensions").toString());
        assertEquals("[{\"Name\":\"KeysDeleted\",\"Unit\":\"Count\"},{\"Name\":\"CreditsReturned\",\"Unit\":\"None\"},"
                + "{\"Name\":\"Revocations\",\"Unit\":\"Count\"}]", directive.get("Metrics").toString());
        assertEquals(5, line.get("KeysDeleted").intValue());
        assertEquals(0, new BigDecimal("174.5").compareTo(line.get("CreditsReturned").decimalValue()));
        assertEquals(1, line.get("Revocations").intValue());
        assertTrue(line.get("FunctionName").isTextual() && line.get("trigger").isTextual());
    }

    @Test
    void forPeopleAnEventIsOneLineOfText() {
        assertEquals("Revoked trigger=alert keys=5", LogEvent.of("revoked", "Revoked").with("trigger", "alert").with("keys", 5).toString());
    }

    private JsonNode line(ExtLogRecord logged) {
        assertTrue(filter.isLoggable(logged));
        String written = new PatternFormatter("%s%e%n").format(logged);
        assertEquals(1, written.lines().count(), written);
        return Api.json(written);
    }

    private static ExtLogRecord record(String format, Throwable thrown, Object... parameters) {
        ExtLogRecord logged = new ExtLogRecord(org.jboss.logmanager.Level.WARN, format, ExtLogRecord.FormatStyle.PRINTF,
                JsonLinesTest.class.getName());
        logged.setLoggerName("io.example.Library");
        logged.setThrown(thrown);
        logged.setParameters(parameters);
        assertTrue(Level.WARNING.intValue() == logged.getLevel().intValue());
        return logged;
    }
}
