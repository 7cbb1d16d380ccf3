package io.proxykeys.key;

import com.fasterxml.jackson.core.JsonGenerator;
import io.proxykeys.json.JsonText;
import java.io.IOException;

/**
 * A key as the answer to its creation shows it: a {@link ListedKey} whose {@code key} is the secret, which is where clients of this API
 * family read it, and with {@code id}, the public identifier.
 *
 * @param secret shown this once
 */
public record CreatedKey(ListedKey key, String secret) implements JsonText.Value {

    @Override
    public void members(JsonGenerator json) throws IOException {
        key.members(json, secret);
        json.writeStringField("id", key.id());
    }

    /** Without the secret, wherever it is written. */
    @Override
    public String toString() {
        return key.toString();
    }
}
