package io.proxykeys.json;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.StreamWriteFeature;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;

/**
 * Writes JSON member by member, without reflection. Amounts are written as they are, with all their decimals and never as a power
 * of ten.
 */
public final class JsonText {

    private static final JsonFactory JSON = JsonFactory.builder().enable(StreamWriteFeature.WRITE_BIGDECIMAL_AS_PLAIN).build();

    /** A code unit as a backslash, {@code u} and four digits. */
    private static final int ESCAPED = 6;

    private JsonText() {
    }

    /** What is written as a JSON object. */
    public interface Value {

        /** Writes the members, between the braces. */
        void members(JsonGenerator json) throws IOException;
    }

    /** The object as a text. */
    public static String of(Value object) {
        StringWriter text = new StringWriter(256);
        try (JsonGenerator json = JSON.createGenerator(text)) {
            json.writeStartObject();
            object.members(json);
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot be written as JSON", e);
        }
        return text.toString();
    }

    /**
     * How many bytes a JSON text has as a string within another one, in UTF-8. So a Lambda response carries its body: quotation marks and
     * backslashes, also those that escape something in the text, are escaped once more.
     */
    public static long bytesInString(String json) {
        long bytes = 0;
        for (int i = 0; i < json.length(); i++) {
            char c = json.charAt(i);
            if (c < 0x80) {
                bytes += c == '"' || c == '\\' ? 2 : c < 0x20 ? ESCAPED : 1;
            } else if (c < 0x800) {
                bytes += 2;
            } else if (!Character.isSurrogate(c)) {
                bytes += 3;
            } else if (Character.isHighSurrogate(c) && i + 1 < json.length() && Character.isLowSurrogate(json.charAt(i + 1))) {
                bytes += 4;
                i++;
            } else {
                bytes += ESCAPED;
            }
        }
        return bytes;
    }
}
