package io.proxykeys.operation.recreate;

import com.fasterxml.jackson.core.JsonGenerator;
import io.proxykeys.json.JsonPage;
import io.proxykeys.json.JsonText;
import io.proxykeys.problem.ProblemException;
import java.io.IOException;
import java.math.BigDecimal;
import java.util.List;

/**
 * The answer to a recreation.
 *
 * @param ids of the new keys
 * @param skipped how many keys of the receipt, or of those that were named, were not recreated
 * @param creditsAllocated moved from the balance into the new keys; six decimals
 * @param balance after that; six decimals
 * @param keys the new keys, a JSON array
 */
record RecreatedKeys(List<String> ids, int skipped, BigDecimal creditsAllocated, BigDecimal balance, String keys)
        implements
            JsonText.Value {

    /**
     * Writes the keys.
     *
     * @throws ProblemException 422 if they are more than an answer can hold
     */
    static RecreatedKeys of(List<RecreatedKey> keys, int skipped, BigDecimal creditsAllocated, BigDecimal balance) {
        JsonPage page = new JsonPage(Recreation.MAX_KEYS);
        for (RecreatedKey key : keys) {
            if (!page.add(key)) {
                throw ProblemException.tooManyKeys();
            }
        }
        return new RecreatedKeys(keys.stream().map(key -> key.created().key().id()).toList(), skipped, creditsAllocated, balance, page
                .json());
    }

    @Override
    public void members(JsonGenerator json) throws IOException {
        json.writeStringField("message", "Proxy keys recreated");
        json.writeNumberField("recreated", ids.size());
        json.writeNumberField("skipped", skipped);
        json.writeNumberField("credits_allocated", creditsAllocated);
        json.writeNumberField("balance", balance);
        json.writeFieldName("keys");
        json.writeRawValue(keys);
    }

    /** Without the secrets, wherever it is written. */
    @Override
    public String toString() {
        return ids.toString();
    }
}
