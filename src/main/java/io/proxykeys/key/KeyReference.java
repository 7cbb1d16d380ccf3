package io.proxykeys.key;

import io.proxykeys.json.TextRules;
import io.vertx.core.buffer.Buffer;
import java.util.HexFormat;
import java.util.regex.Pattern;

/**
 * A key as a caller names it: by its public identifier or by its full secret. The database finds out which of the two it
 * is; the secret itself is not sent there.
 *
 * @param id the text, if it can be a public identifier; {@code null} if no identifier has such characters, or if the key is named by
 *           the hash of its secret
 * @param secretHash SHA-256 of the text; {@code null} if the text is an identifier and nothing else
 */
public record KeyReference(String id, Buffer secretHash) {

    /** How many characters a key may be named by. */
    public static final int LONGEST = 256;

    /** What no secret looks like. */
    private static final Pattern IDENTIFIER = Pattern.compile("ek-proxy-[0-9a-f]{32}");
    private static final int HASH_DIGITS_IN_LOG = 8;

    public static KeyReference of(String text) {
        return new KeyReference(TextRules.isStorable(text) ? text : null, Buffer.buffer(Sha256.of(text)));
    }

    /** A key named by its public identifier, and by nothing else. */
    public static KeyReference ofIdentifier(String id) {
        return new KeyReference(id, null);
    }

    /** A key named by the SHA-256 of its full secret: 32 bytes. */
    public static KeyReference ofSecretHash(byte[] sha256) {
        return new KeyReference(null, Buffer.buffer(sha256));
    }

    /** The SHA-256 of what the key was named by, in hexadecimal digits. */
    public String sha256() {
        return HexFormat.of().formatHex(secretHash == null ? Sha256.of(id) : secretHash.getBytes());
    }

    /** For the log: the identifier, or of all that may be a secret the first 8 hexadecimal digits of its SHA-256. */
    public String forLog() {
        if (id != null && IDENTIFIER.matcher(id).matches()) {
            return id;
        }
        return "sha256:" + sha256().substring(0, HASH_DIGITS_IN_LOG);
    }
}
