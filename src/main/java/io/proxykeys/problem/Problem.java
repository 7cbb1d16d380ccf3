package io.proxykeys.problem;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.util.UUID;

/**
 * The body of every refusal and failure: problem details (<a href="https://www.rfc-editor.org/rfc/rfc9457">RFC 9457</a>)
 * and {@code message}, which clients of the gateway read because its own refusals carry nothing else.
 *
 * @param type a stable name of the kind of problem; not meant to be fetched
 * @param title the kind of problem, for people
 * @param status the HTTP status code
 * @param detail what is wrong with this request and what to do; public text, without internals
 * @param revocationId the receipt to look for when the outcome is unknown; else {@code null} and not written
 */
public record Problem(String type, String title, int status, String detail, UUID revocationId) {

    /** The media type of {@link Problem}. */
    public static final String MEDIA_TYPE = "application/problem+json";

    /** Its members, as JSON. */
    public void members(JsonGenerator json) throws IOException {
        json.writeStringField("type", type);
        json.writeStringField("title", title);
        json.writeNumberField("status", status);
        json.writeStringField("detail", detail);
        json.writeStringField("message", detail);
        if (revocationId != null) {
            json.writeStringField("revocation_id", revocationId.toString());
        }
    }
}
