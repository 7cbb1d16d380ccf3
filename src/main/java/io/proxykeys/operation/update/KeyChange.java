package io.proxykeys.operation.update;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What is to be changed of a key; what is empty stays as it is.
 *
 * @param expiresAt Unix seconds, or -1 for never
 */
record KeyChange(Optional<String> name, Optional<BigDecimal> allocated, Optional<Long> expiresAt, Optional<List<String>> modelWhitelist,
        Optional<List<String>> ipWhitelist) {

    /** The names of the fields that are to be changed. */
    List<String> fields() {
        List<String> fields = new ArrayList<>();
        name.ifPresent(value -> fields.add("name"));
        allocated.ifPresent(value -> fields.add("allocated_ammount"));
        expiresAt.ifPresent(value -> fields.add("expires_at"));
        modelWhitelist.ifPresent(value -> fields.add("model_whitelist"));
        ipWhitelist.ifPresent(value -> fields.add("ip_whitelist"));
        return fields;
    }
}
