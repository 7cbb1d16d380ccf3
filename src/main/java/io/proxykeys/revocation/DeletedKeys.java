package io.proxykeys.revocation;

import com.fasterxml.jackson.core.JsonGenerator;
import io.proxykeys.json.JsonText;
import java.io.IOException;
import java.math.BigDecimal;
import java.util.UUID;

/**
 * The answer to a deletion. Older clients know {@code message} only.
 *
 * @param message what was done; the same for every answer of an operation
 * @param deleted how many keys were deleted; may be 0
 * @param notFound of keys that were named in a list: how many names were no live key of the account; {@code null}: not said
 * @param creditsReturned credits moved back into the balance; a JSON number with six decimals
 * @param balance the balance after it; a JSON number with six decimals
 * @param revocationId the receipt
 * @param revokedAt Unix seconds
 */
public record DeletedKeys(
        String message,
        int deleted,
        Integer notFound,
        BigDecimal creditsReturned,
        BigDecimal balance,
        UUID revocationId,
        long revokedAt) implements JsonText.Value {

    /** What is said when an operation on all keys, or a selection of them, was done. */
    public static final String ALL = "Proxy keys deleted";

    /** What is said when one key was deleted. */
    public static final String ONE = "Proxy key deleted";

    public static DeletedKeys of(String message, Receipt receipt) {
        return new DeletedKeys(message, receipt.deleted(), receipt.notFound(), receipt.creditsReturned(), receipt.balance(), receipt.id(),
                receipt.revokedAt());
    }

    @Override
    public void members(JsonGenerator json) throws IOException {
        json.writeStringField("message", message);
        json.writeNumberField("deleted", deleted);
        json.writeNumberField("credits_returned", creditsReturned);
        json.writeNumberField("balance", balance);
        json.writeStringField("revocation_id", revocationId.toString());
        json.writeNumberField("revoked_at", revokedAt);
        if (notFound != null) {
            json.writeNumberField("not_found", notFound);
        }
    }
}
