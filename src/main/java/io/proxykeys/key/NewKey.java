package io.proxykeys.key;

import io.vertx.core.buffer.Buffer;
import java.util.UUID;

/**
 * What a key that is about to be created is known by. Chosen once, and the same in each attempt, so that a second attempt of a transaction
 * whose outcome is unknown finds the key. The secret is shown once, in the answer to the call, and is kept nowhere.
 *
 * @param uuid the identifier, as a number
 * @param secret the full secret, in the form of {@link NewKeys}
 * @param secretHash its SHA-256, which is all that the database is told
 */
public record NewKey(UUID uuid, String secret, Buffer secretHash) {

    /** The public identifier. */
    public String id() {
        return idOf(uuid);
    }

    /** The public identifier of a new key: {@code ek-proxy-} and 32 hexadecimal digits. */
    public static String idOf(UUID uuid) {
        return "ek-proxy-" + uuid.toString().replace("-", "");
    }

    /** Without the secret, wherever it is written. */
    @Override
    public String toString() {
        return id();
    }
}
