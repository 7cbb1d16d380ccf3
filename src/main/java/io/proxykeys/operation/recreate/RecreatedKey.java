package io.proxykeys.operation.recreate;

import com.fasterxml.jackson.core.JsonGenerator;
import io.proxykeys.json.JsonText;
import io.proxykeys.key.CreatedKey;
import java.io.IOException;

/**
 * A key that was made anew.
 *
 * @param replaces the identifier of the deleted key
 */
record RecreatedKey(String replaces, CreatedKey created) implements JsonText.Value {

    @Override
    public void members(JsonGenerator json) throws IOException {
        json.writeStringField("replaces", replaces);
        created.members(json);
    }
}
