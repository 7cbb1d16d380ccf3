package io.proxykeys.revocation;

import com.fasterxml.jackson.core.JsonGenerator;
import io.proxykeys.json.JsonText;
import java.io.IOException;
import java.math.BigDecimal;
import java.util.UUID;

/**
 * A receipt as the account's owner reads it.
 *
 * @param revocationId which one
 * @param revokedAt Unix seconds
 * @param trigger {@code request} or {@code alert}
 * @param operation {@code all}, {@code expired}, {@code inactive}, {@code never_used} or {@code one}
 * @param requestedBy the client that asked for it, or the source of the alert; may be {@code null}
 * @param reason the alert's; may be {@code null}
 * @param deleted how many keys
 * @param spared an alert: how many keys were newer than what was detected, and stayed
 * @param creditsReturned what they had left; six decimals
 * @param balance the balance after it; six decimals
 * @param keys a JSON array of the deleted keys as they were; {@code null} in a list, and then not written
 */
public record ListedReceipt(
        UUID revocationId,
        long revokedAt,
        String trigger,
        String operation,
        String requestedBy,
        String reason,
        int deleted,
        int spared,
        BigDecimal creditsReturned,
        BigDecimal balance,
        String keys) implements JsonText.Value {

    /** The columns of {@code revocation} that {@link #of} reads, in its order; the last one is for the place in the order. */
    static final String COLUMNS = """
            id, listed_seconds(revoked_at, 0), trigger, operation, requested_by, reason, keys_deleted, keys_spared, credits_returned, \
            balance_after, CAST(extract(epoch FROM revoked_at) * 1000000 AS bigint)""";

    public static ListedReceipt of(Object[] row) {
        return new ListedReceipt((UUID) row[0], (Long) row[1], (String) row[2], (String) row[3], (String) row[4],
                (String) row[5], (Integer) row[6], (Integer) row[7], (BigDecimal) row[8], (BigDecimal) row[9], null);
    }

    public ListedReceipt with(String deletedKeys) {
        return new ListedReceipt(revocationId, revokedAt, trigger, operation, requestedBy, reason, deleted, spared, creditsReturned,
                balance, deletedKeys);
    }

    @Override
    public void members(JsonGenerator json) throws IOException {
        json.writeStringField("revocation_id", revocationId.toString());
        json.writeNumberField("revoked_at", revokedAt);
        json.writeStringField("trigger", trigger);
        json.writeStringField("operation", operation);
        json.writeStringField("requested_by", requestedBy);
        json.writeStringField("reason", reason);
        json.writeNumberField("deleted", deleted);
        json.writeNumberField("keys_spared", spared);
        json.writeNumberField("credits_returned", creditsReturned);
        json.writeNumberField("balance", balance);
        if (keys != null) {
            json.writeFieldName("keys");
            json.writeRawValue(keys);
        }
    }
}
