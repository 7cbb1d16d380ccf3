package io.proxykeys.revocation;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import java.math.BigDecimal;
import java.util.UUID;

/**
 * The answer to delete-all. Older clients know {@code message} only.
 *
 * @param message always the same
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

    static DeletedKeys of(Receipt receipt) {
        return new DeletedKeys("Proxy keys deleted", receipt.deleted(), receipt.creditsReturned(), receipt.balance(),
                receipt.id(), receipt.revokedAt());
    }
}
