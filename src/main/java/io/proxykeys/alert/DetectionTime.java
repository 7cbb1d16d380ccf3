package io.proxykeys.alert;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.format.ResolverStyle;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import java.util.regex.Pattern;

/** Reads the time at which a leak was detected. */
final class DetectionTime {

    private static final Pattern FORM = Pattern.compile(
            "\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}(\\.\\d{1,9})?(Z|[+-]\\d{2}:?\\d{2})");
    private static final DateTimeFormatter TIME = new DateTimeFormatterBuilder()
            .append(DateTimeFormatter.ISO_LOCAL_DATE_TIME).appendPattern("[XXX][XX]").toFormatter(Locale.ROOT)
            .withResolverStyle(ResolverStyle.STRICT);
    private static final Duration CLOCKS_APART = Duration.ofMinutes(5);

    private DetectionTime() {
    }

    /**
     * Reads RFC 3339, or the same with an offset without colon, as Security Hub may have it. A time without a fraction means the end
     * of that second.
     *
     * @throws InvalidAlert if it is no time, a day that does not exist, before 1970, or more than 5 minutes ahead
     */
    static Instant parse(String text, Instant now) {
        Instant time = instant(text);
        if (time.isBefore(Instant.EPOCH)) {
            throw new InvalidAlert("it was detected before 1970");
        }
        if (time.isAfter(now.plus(CLOCKS_APART))) {
            throw new InvalidAlert("it was detected more than 5 minutes in the future");
        }
        // PostgreSQL keeps microseconds, so the end of a second is its last one.
        return text.indexOf('.') >= 0 ? time.truncatedTo(ChronoUnit.MICROS)
                : time.plus(Duration.ofSeconds(1)).minus(1, ChronoUnit.MICROS);
    }

    private static Instant instant(String text) {
        try {
            if (FORM.matcher(text).matches()) {
                return OffsetDateTime.parse(text, TIME).toInstant();
            }
        } catch (DateTimeException e) {
            // refused below
        }
        throw new InvalidAlert("the time of detection must be like 2026-11-22T23:00:00Z");
    }
}
