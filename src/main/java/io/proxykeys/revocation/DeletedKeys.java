package io.proxykeys.revocation;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import jakarta.ws.rs.core.MediaType;
import java.math.BigDecimal;
import java.util.UUID;
import org.jboss.resteasy.reactive.RestResponse.ResponseBuilder;
import org.jboss.resteasy.reactive.RestResponse;

/**
 * The answer to a deletion. Older clients know {@code message} only.
 *
 * @param message what was done; the same for every answer of an operation
 * @param deleted how many keys were deleted; may be 0
 * @param creditsReturned credits moved back into the balance; a JSON number with six decimals
 * @param balance the balance after it; a JSON number with six decimals
 * @param revocationId the receipt
 * @param revokedAt Unix seconds
 */
@JsonPropertyOrder({ "message", "deleted", "credits_returned", "balance", "revocation_id", "revoked_at" })
record DeletedKeys(
        String message,
        int deleted,
        @JsonProperty("credits_returned") BigDecimal creditsReturned,
        BigDecimal balance,
        @JsonProperty("revocation_id") UUID revocationId,
        @JsonProperty("revoked_at") long revokedAt) {

    /** The answer to a deletion; a replay is marked as one, and its body is the first answer's, byte for byte. */
    static RestResponse<DeletedKeys> answer(String message, Receipt receipt) {
        DeletedKeys body = new DeletedKeys(message, receipt.deleted(), receipt.creditsReturned(), receipt.balance(),
                receipt.id(), receipt.revokedAt());
        ResponseBuilder<DeletedKeys> response = ResponseBuilder.ok(body, MediaType.APPLICATION_JSON_TYPE);
        return receipt.replayed() ? response.header("Idempotency-Replayed", "true").build() : response.build();
    }
}
