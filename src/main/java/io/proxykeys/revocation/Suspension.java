package io.proxykeys.revocation;

import com.fasterxml.jackson.core.JsonGenerator;
import io.proxykeys.json.JsonText;
import java.io.IOException;
import java.util.UUID;

/**
 * What a suspension did, as its row in the database says. Written as JSON, it is the answer to it.
 *
 * @param id {@code suspension.id}, by which the keys are enabled again
 * @param suspended how many keys it disabled, or took over from an earlier suspension
 * @param spared an alert: how many keys were newer than what was detected, and stayed
 * @param suspendedAt Unix seconds
 * @param replayed whether an earlier request with the same {@code Idempotency-Key}, or delivery of the same alert, did it
 */
public record Suspension(UUID id, int suspended, int spared, long suspendedAt, boolean replayed) implements JsonText.Value {

    @Override
    public void members(JsonGenerator json) throws IOException {
        json.writeStringField("message", "Proxy keys suspended");
        json.writeNumberField("suspended", suspended);
        json.writeStringField("suspension_id", id.toString());
        json.writeNumberField("suspended_at", suspendedAt);
    }
}
