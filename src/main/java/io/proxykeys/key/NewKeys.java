package io.proxykeys.key;

import jakarta.inject.Singleton;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import java.util.zip.CRC32;

/**
 * Chooses identifiers and secrets of new keys.
 *
 * <p>A secret is {@code ek-proxy-sk-}, 40 random characters of {@code [0-9A-Za-z]} (238 bits), and the CRC-32 of those 52 characters in
 * base 62, six digits: a scanner can tell a secret from an identifier, and a typo from a secret.
 */
@Singleton
public class NewKeys {

    private static final String PREFIX = "ek-proxy-sk-";
    private static final String DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    private static final int RANDOM_CHARACTERS = 40;
    /** One in 32 is passed over: so many are enough nearly always. */
    private static final int RANDOM_BYTES = 48;
    private static final int CHECK_CHARACTERS = 6;

    /** The lowest bits of a random byte: a number from 0 to 63. */
    private static final int SIX_BITS = 0x3F;

    /** Created at run time: GraalVM refuses to build an image with a seeded generator. */
    private final SecureRandom random = new SecureRandom();

    /** A key that is like no other. */
    public NewKey next() {
        ByteBuffer number = ByteBuffer.wrap(randomBytes(16));
        String secret = secret();
        return new NewKey(new UUID(number.getLong(), number.getLong()), secret, KeyReference.of(secret).secretHash());
    }

    public List<NewKey> next(int count) {
        return Stream.generate(this::next).limit(count).toList();
    }

    /** Digits from 0 to 61, each as likely as the others: what is above is passed over. */
    private String secret() {
        StringBuilder text = new StringBuilder(PREFIX);
        int length = PREFIX.length() + RANDOM_CHARACTERS;
        while (text.length() < length) {
            for (byte b : randomBytes(RANDOM_BYTES)) {
                int digit = b & SIX_BITS;
                if (digit < DIGITS.length() && text.length() < length) {
                    text.append(DIGITS.charAt(digit));
                }
            }
        }
        return text + check(text.toString());
    }

    private byte[] randomBytes(int count) {
        byte[] bytes = new byte[count];
        random.nextBytes(bytes);
        return bytes;
    }

    /** CRC-32 as in zlib (RFC 1952, section 8), in base 62, the most significant digit first. */
    static String check(String text) {
        CRC32 crc = new CRC32();
        crc.update(text.getBytes(StandardCharsets.US_ASCII));
        long rest = crc.getValue();
        char[] digits = new char[CHECK_CHARACTERS];
        for (int i = CHECK_CHARACTERS - 1; i >= 0; i--) {
            digits[i] = DIGITS.charAt((int) (rest % DIGITS.length()));
            rest /= DIGITS.length();
        }
        return new String(digits);
    }
}
