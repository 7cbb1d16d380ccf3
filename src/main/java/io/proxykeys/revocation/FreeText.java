package io.proxykeys.revocation;

import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Text that a reporter of a leak chose, made fit to be kept: it never stops a revocation, and never brings a secret into a receipt. */
public final class FreeText {

    private static final int MAX_URL = 2048;

    /** What begins like a secret, and is not an identifier of ours, up to what ends a word in a text or an address. */
    private static final Pattern SECRET = Pattern.compile(
            "ek-proxy-(?![0-9A-Fa-f]{32}(?![0-9A-Za-z_%-]|\\p{Cf}))[^\\s\"'`<>(){}\\[\\]|\\\\,;:&#?/.!]*(?:\\.[0-9A-Za-z_%-]+)*");
    private static final Pattern NAMED = Pattern.compile("ek-proxy-(?:\\*\\*\\*|[0-9A-Fa-f]{32})");

    private FreeText() {
    }

    /**
     * The text without what PostgreSQL cannot keep and without secrets, cut.
     *
     * @param most how many characters are kept
     * @return empty if nothing is left
     */
    public static Optional<String> of(String text, int most) {
        StringBuilder storable = new StringBuilder(text.length());
        text.codePoints().filter(c -> c != 0 && (c < Character.MIN_SURROGATE || c > Character.MAX_SURROGATE))
                .forEach(storable::appendCodePoint);
        String kept = cut(SECRET.matcher(storable).replaceAll("ek-proxy-***"), most);
        return kept.isEmpty() ? Optional.empty() : Optional.of(kept);
    }

    /** An address that begins with {@code https:}; empty for any other. */
    public static Optional<String> url(String text) {
        return text.toLowerCase(Locale.ROOT).startsWith("https:") ? of(text, MAX_URL) : Optional.empty();
    }

    /** Never within the name of a key: half of an identifier would look like a secret. */
    private static String cut(String text, int most) {
        if (text.codePointCount(0, text.length()) <= most) {
            return text;
        }
        int end = text.offsetByCodePoints(0, most);
        Matcher named = NAMED.matcher(text);
        while (named.find()) {
            if (named.start() < end && end < named.end()) {
                return text.substring(0, named.start());
            }
        }
        return text.substring(0, end);
    }
}
