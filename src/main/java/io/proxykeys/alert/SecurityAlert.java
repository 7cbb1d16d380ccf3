package io.proxykeys.alert;

import com.fasterxml.jackson.databind.JsonNode;
import io.proxykeys.account.AccountId;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import java.util.Set;

/**
 * A security alert: an EventBridge event
 * (<a href="https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html">AWS</a>) of our own source, read
 * strictly. What is not understood is refused, so that it ends up in the failure queue and not forgotten.
 *
 * @param id of the envelope: the same alert delivered again has the same
 * @param account whose keys are to be deleted; stated, never guessed
 * @param source of the event
 * @param reason at most 255 characters; {@code null}: none was given
 * @param detectedAt keys made after it are spared. A time without a fraction means the end of that second
 * @param blockNewKeysSeconds how long no new key may be created, from 0 to 3600
 */
public record SecurityAlert(String id, String account, String source, String reason, Instant detectedAt,
        int blockNewKeysSeconds) {

    public static final String SOURCE = "proxy-keys.security";
    public static final Set<String> DETAIL_TYPES = Set.of("Proxy Key Compromised", "Account Compromised");

    private static final DateTimeFormatter TIME = new DateTimeFormatterBuilder()
            .append(DateTimeFormatter.ISO_LOCAL_DATE_TIME).appendPattern("[XXX][XX]").toFormatter(Locale.ROOT);
    private static final int MAX_ID = 512;
    private static final int MAX_REASON = 255;
    private static final int MAX_BLOCK = 3600;
    private static final Duration CLOCKS_APART = Duration.ofMinutes(5);

    /**
     * Reads an envelope.
     *
     * @throws AlertRefused saying what is wrong with it
     */
    static SecurityAlert of(Envelope envelope, Clock clock) {
        String source = text(envelope.source(), "source");
        String detailType = text(envelope.detailType(), "detail-type");
        if (!SOURCE.equals(source) || detailType == null || !DETAIL_TYPES.contains(detailType)) {
            throw new AlertRefused("the source and detail-type are not those of an alert");
        }
        String id = text(envelope.id(), "id");
        if (id == null || id.isEmpty() || id.length() > MAX_ID || id.chars().anyMatch(Character::isISOControl) || !isText(id)) {
            throw new AlertRefused("id must be a text of 1 to " + MAX_ID + " characters");
        }
        JsonNode detail = envelope.detail();
        if (!detail.isObject()) {
            throw new AlertRefused("detail must be an object");
        }
        return new SecurityAlert(id, account(detail), source, reason(detail), detectedAt(envelope, clock.instant()), block(detail));
    }

    private static String account(JsonNode detail) {
        String account = text(detail.get("account_id"), "detail.account_id");
        if (account == null || !AccountId.isValid(account)) {
            throw new AlertRefused("detail.account_id must be a text of 1 to 255 characters without control characters");
        }
        return account;
    }

    private static String reason(JsonNode detail) {
        String reason = text(detail.get("reason"), "detail.reason");
        if (reason != null && (reason.codePointCount(0, reason.length()) > MAX_REASON || !isText(reason))) {
            throw new AlertRefused("detail.reason must be a text of at most " + MAX_REASON + " characters");
        }
        return reason;
    }

    private static int block(JsonNode detail) {
        JsonNode seconds = detail.get("block_new_keys_seconds");
        if (seconds == null || seconds.isNull()) {
            return 0;
        }
        if (!seconds.isIntegralNumber() || !seconds.canConvertToInt() || seconds.intValue() < 0 || seconds.intValue() > MAX_BLOCK) {
            throw new AlertRefused("detail.block_new_keys_seconds must be a whole number from 0 to " + MAX_BLOCK);
        }
        return seconds.intValue();
    }

    private static Instant detectedAt(Envelope envelope, Instant now) {
        String stated = text(envelope.detail().get("detected_at"), "detail.detected_at");
        String time = stated != null ? stated : text(envelope.time(), "time");
        if (time == null) {
            throw new AlertRefused("neither detail.detected_at nor time says when it was detected");
        }
        Instant detectedAt = parse(time);
        if (detectedAt.isAfter(now.plus(CLOCKS_APART))) {
            throw new AlertRefused("it was detected more than 5 minutes in the future");
        }
        // PostgreSQL keeps microseconds, so the end of a second is its last one.
        return time.indexOf('.') >= 0 ? detectedAt.truncatedTo(ChronoUnit.MICROS)
                : detectedAt.plus(Duration.ofSeconds(1)).minus(1, ChronoUnit.MICROS);
    }

    /** RFC 3339, or with an offset without colon, as Security Hub may have it. */
    private static Instant parse(String time) {
        try {
            Instant instant = OffsetDateTime.parse(time, TIME).toInstant();
            if (instant.isBefore(Instant.EPOCH)) {
                throw new AlertRefused("it was detected before 1970");
            }
            return instant;
        } catch (DateTimeException e) {
            throw new AlertRefused("the time of detection must be like 2026-11-22T23:00:00Z");
        }
    }

    private static String text(JsonNode value, String name) {
        if (value == null || value.isMissingNode() || value.isNull()) {
            return null;
        }
        if (!value.isTextual()) {
            throw new AlertRefused(name + " must be a text");
        }
        return value.textValue();
    }

    /** Whether PostgreSQL can store it as it is. */
    private static boolean isText(String text) {
        return text.indexOf('\0') < 0 && StandardCharsets.UTF_8.newEncoder().canEncode(text);
    }
}
