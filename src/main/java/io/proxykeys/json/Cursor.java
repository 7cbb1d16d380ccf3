package io.proxykeys.json;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Base64;
import java.util.Optional;

/**
 * Where a page of a list ends: the next one begins after it, whatever is created or deleted between the two.
 *
 * @param micros time of the last row, in microseconds since 1970
 * @param id of the last row, to tell it from others of the same time
 */
public record Cursor(long micros, String id) {

    /** Before every row. */
    public static final Cursor START = new Cursor(-62_135_596_800_000_000L, "");

    /** The last microsecond of the year 9999. */
    public static final long LATEST = 253_402_300_799_999_999L;

    private static final String PARAMETER = "page=";

    /**
     * The cursor after a row.
     *
     * @param time of the row, from the years 1 to 9999
     * @param id of the row
     */
    public static Cursor of(Instant time, String id) {
        return new Cursor(time.getEpochSecond() * 1_000_000 + time.getNano() / 1_000, id);
    }

    /** Time of the last row. */
    public Instant time() {
        return Instant.EPOCH.plus(micros, ChronoUnit.MICROS);
    }

    /** The query parameter that asks for what comes after. */
    public String query() {
        byte[] text = (micros + " " + id).getBytes(StandardCharsets.UTF_8);
        return PARAMETER + Base64.getUrlEncoder().withoutPadding().encodeToString(text);
    }

    /** The cursor that {@link #query} wrote; empty for any other text. */
    public static Optional<Cursor> ofQuery(String query) {
        try {
            if (query.startsWith(PARAMETER)) {
                byte[] bytes = Base64.getUrlDecoder().decode(query.substring(PARAMETER.length()));
                String[] parts = new String(bytes, StandardCharsets.UTF_8).split(" ", 2);
                long micros = Long.parseLong(parts[0]);
                if (micros >= START.micros && micros <= LATEST && parts[1].indexOf('\0') < 0) {
                    return Optional.of(new Cursor(micros, parts[1]));
                }
            }
        } catch (IllegalArgumentException | ArrayIndexOutOfBoundsException e) {
            // not one that was written here
        }
        return Optional.empty();
    }
}
