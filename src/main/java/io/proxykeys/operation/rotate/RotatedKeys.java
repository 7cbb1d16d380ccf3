package io.proxykeys.operation.rotate;

import com.fasterxml.jackson.core.JsonGenerator;
import io.proxykeys.json.JsonText;
import java.io.IOException;
import java.util.List;

/**
 * The answer to a rotation.
 *
 * @param keys in the order that was asked for
 * @param overlapUntil until when every secret before the new ones works, in Unix seconds: the earliest end; {@code null}: none works
 */
record RotatedKeys(List<Key> keys, Long overlapUntil) implements JsonText.Value {

    /**
     * A key and its new secret.
     *
     * @param secret shown this once
     */
    record Key(String id, String secret) {

        /** Without the secret, wherever it is written. */
        @Override
        public String toString() {
            return id;
        }
    }

    /** The identifiers. */
    List<String> ids() {
        return keys.stream().map(Key::id).toList();
    }

    @Override
    public void members(JsonGenerator json) throws IOException {
        json.writeStringField("message", "Proxy keys rotated");
        json.writeNumberField("rotated", keys.size());
        if (overlapUntil == null) {
            json.writeNullField("overlap_until");
        } else {
            json.writeNumberField("overlap_until", overlapUntil);
        }
        json.writeArrayFieldStart("keys");
        for (Key key : keys) {
            json.writeStartObject();
            json.writeStringField("id", key.id());
            json.writeStringField("key", key.secret());
            json.writeEndObject();
        }
        json.writeEndArray();
    }
}
