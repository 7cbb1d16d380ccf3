package io.proxykeys.json;

import java.nio.charset.StandardCharsets;

/** What texts that come from outside have to keep to. */
public final class TextRules {

    private static final String BYTE_ORDER_MARK = "\uFEFF";

    private TextRules() {
    }

    /** Whether PostgreSQL can keep it as it is: it has no NUL in texts, and half a surrogate pair would be stored as a question mark. */
    public static boolean isStorable(String text) {
        return text.indexOf('\0') < 0 && StandardCharsets.UTF_8.newEncoder().canEncode(text);
    }

    /** Whether it has 1 to this many characters, each a code point of Unicode. */
    public static boolean hasLength(String text, int most) {
        return !text.isEmpty() && text.codePointCount(0, text.length()) <= most;
    }

    /** A document without the mark that it may begin with. */
    public static String withoutByteOrderMark(String document) {
        return document.startsWith(BYTE_ORDER_MARK) ? document.substring(BYTE_ORDER_MARK.length()) : document;
    }
}
