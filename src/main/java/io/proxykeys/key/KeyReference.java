package io.proxykeys.key;

import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.regex.Pattern;

/**
 * A key as a caller names it: by its public identifier or by its full secret. Which of the two it is shows in the database;
 * the secret itself is not sent there.
 *
 * @param id the text, if it can be a public identifier; {@code null} if no identifier has such characters
 * @param secretHash SHA-256 of the text
 */
public record KeyReference(String id, Buffer secretHash) {

    /** What no secret looks like. */
    private static final Pattern IDENTIFIER = Pattern.compile("ek-proxy-[0-9a-f]{32}");
    private static final int HASH_BYTES_IN_LOG = 4;

    public static KeyReference of(String text) {
        // PostgreSQL has no NUL in texts, and half a surrogate pair would be sent as a question mark.
        boolean canBeId = text.indexOf('\0') < 0 && StandardCharsets.UTF_8.newEncoder().canEncode(text);
        return new KeyReference(canBeId ? text : null, Buffer.buffer(sha256(text)));
    }

    /** For the log: the identifier, or of all that may be a secret the first digits of its SHA-256. */
    public String forLog() {
        return id != null && IDENTIFIER.matcher(id).matches() ? id
                : "sha256:" + HexFormat.of().formatHex(secretHash.getBytes(0, HASH_BYTES_IN_LOG));
    }

    private static byte[] sha256(String text) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
