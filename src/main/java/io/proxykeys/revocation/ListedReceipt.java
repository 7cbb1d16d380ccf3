package io.proxykeys.revocation;

import com.fasterxml.jackson.core.JsonGenerator;
import io.proxykeys.json.Cursor;
import io.proxykeys.json.JsonText;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.io.IOException;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.UUID;

/**
 * A receipt as the account's owner reads it. The components are named like the members of {@link Revocation}, from which they are
 * read.
 *
 * @param id which one
 * @param revokedAt in microseconds
 * @param trigger {@code request} or {@code alert}
 * @param operation {@code all}, {@code expired}, {@code inactive}, {@code suspended}, {@code never_used}, {@code prefix}, {@code one},
 *                  {@code several} or {@code old_secret}, which deleted no key
 * @param namePrefix what the names of the deleted keys begin with; {@code null}: any
 * @param rotatedKeyId {@code old_secret}: the key, which lives on; else {@code null}
 * @param requestedBy the client that asked for it, or the source of the alert; may be {@code null}
 * @param subject the person or machine that asked for it; may be {@code null}
 * @param reason the alert's; may be {@code null}
 * @param reportedBy an alert: who found the key; may be {@code null}
 * @param url an alert: where the key was found; may be {@code null}
 * @param keysDeleted how many keys
 * @param keysNotFound {@code several}: how many names were no live key of the account; else {@code null}
 * @param keysSpared an alert: how many keys were newer than what was detected, and stayed
 * @param creditsReturned what they had left; six decimals
 * @param balanceAfter the balance after it; six decimals
 * @param creditsSettledLater what came back since, from calls that were in flight; six decimals
 */
@RegisterForReflection // made by Hibernate, from a row
public record ListedReceipt(
        UUID id,
        Instant revokedAt,
        String trigger,
        String operation,
        String namePrefix,
        String rotatedKeyId,
        String requestedBy,
        String subject,
        String reason,
        String reportedBy,
        String url,
        int keysDeleted,
        Integer keysNotFound,
        int keysSpared,
        BigDecimal creditsReturned,
        BigDecimal balanceAfter,
        BigDecimal creditsSettledLater) implements JsonText.Value {

    /** Its place in the order of time, newest first. */
    public Cursor place() {
        return Cursor.of(revokedAt, id.toString());
    }

    /** The same with a member more: {@code keys}, a JSON array. */
    public JsonText.Value with(String keys) {
        return json -> {
            members(json);
            json.writeFieldName("keys");
            json.writeRawValue(keys);
        };
    }

    @Override
    public void members(JsonGenerator json) throws IOException {
        json.writeStringField("revocation_id", id.toString());
        json.writeNumberField("revoked_at", revokedAt.getEpochSecond());
        json.writeStringField("trigger", trigger);
        json.writeStringField("operation", operation);
        json.writeStringField("name_prefix", namePrefix);
        json.writeStringField("key", rotatedKeyId);
        json.writeStringField("requested_by", requestedBy);
        json.writeStringField("subject", subject);
        json.writeStringField("reason", reason);
        json.writeStringField("reported_by", reportedBy);
        json.writeStringField("url", url);
        json.writeNumberField("deleted", keysDeleted);
        if (keysNotFound == null) {
            json.writeNullField("not_found");
        } else {
            json.writeNumberField("not_found", keysNotFound);
        }
        json.writeNumberField("keys_spared", keysSpared);
        json.writeNumberField("credits_returned", creditsReturned);
        json.writeNumberField("balance", balanceAfter);
        json.writeNumberField("credits_settled_later", creditsSettledLater);
    }
}
