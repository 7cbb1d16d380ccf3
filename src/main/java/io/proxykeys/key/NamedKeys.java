package io.proxykeys.key;

import io.vertx.core.buffer.Buffer;
import io.vertx.sqlclient.Tuple;
import java.util.HexFormat;
import java.util.List;

/**
 * Keys as a caller names them. Two names may be one key: its identifier and its secret.
 *
 * @param keys in the caller's order
 * @param digest the same for the same names in any order: 32 bytes
 */
public record NamedKeys(List<KeyReference> keys, Buffer digest) {

    /** Keys by these names. */
    public static NamedKeys of(List<String> names) {
        List<KeyReference> keys = names.stream().map(KeyReference::of).toList();
        return new NamedKeys(keys,
                Buffer.buffer(HexFormat.of().parseHex(Sha256.ofAll(keys.stream().map(KeyReference::sha256).sorted().toList()))));
    }

    /** Two parameters of a statement, as long as each other: what can be identifiers, and the hashes of what can be secrets. */
    public Tuple addTo(Tuple parameters) {
        return parameters.addArrayOfString(keys.stream().map(KeyReference::id).toArray(String[]::new))
                .addArrayOfBuffer(keys.stream().map(KeyReference::secretHash).toArray(Buffer[]::new));
    }
}
