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
}
