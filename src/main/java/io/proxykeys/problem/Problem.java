package io.proxykeys.problem;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.util.UUID;

/**
 * The body of every refusal and failure: problem details (<a href="https://www.rfc-editor.org/rfc/rfc9457">RFC 9457</a>)
 * and {@code message}, which clients of the gateway read because its own refusals carry nothing else.
 *
 * @param type a stable name of the kind of problem; not meant to be fetched
 * @param title the kind of problem, for people
 * @param status the HTTP status code
 * @param detail what is wrong with this request and what to do; public text, nothing of the inside
 * @param revocationId the receipt to look for when the outcome is unknown; else {@code null} and not written
 */
@RegisterForReflection
@JsonPropertyOrder({ "type", "title", "status", "detail", "message", "revocation_id" })
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Problem(String type, String title, int status, String detail,
        @JsonProperty("revocation_id") UUID revocationId) {

    /** The media type of {@link Problem}. */
    public static final String MEDIA_TYPE = "application/problem+json";

    /** The same text as {@link #detail}. */
    @JsonProperty
    public String message() {
        return detail;
    }
}
