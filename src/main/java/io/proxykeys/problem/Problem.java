package io.proxykeys.problem;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;

/**
 * The body of every refusal and failure: problem details (<a href="https://www.rfc-editor.org/rfc/rfc9457">RFC 9457</a>)
 * and {@code message}, which clients of the gateway read because its own refusals carry nothing else.
 *
 * @param type a stable name of the kind of problem; not meant to be fetched
 * @param title the kind of problem, for people
 * @param status the HTTP status code
 * @param detail what is wrong with this request and what to do; public text, without internals
 * @param extension members of this kind of problem (RFC 9457, section 3.2); {@code null}: none
 */
public record Problem(String type, String title, int status, String detail, Extension extension) {

    /** The media type of {@link Problem}. */
    public static final String MEDIA_TYPE = "application/problem+json";

    /** Members that only some kinds of problems have. */
    public interface Extension {

        void members(JsonGenerator json) throws IOException;
    }

    /** Its members, as JSON. */
    public void members(JsonGenerator json) throws IOException {
        json.writeStringField("type", type);
        json.writeStringField("title", title);
        json.writeNumberField("status", status);
        json.writeStringField("detail", detail);
        json.writeStringField("message", detail);
        if (extension != null) {
            extension.members(json);
        }
    }
}
