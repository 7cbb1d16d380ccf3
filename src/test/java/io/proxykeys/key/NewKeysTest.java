package io.proxykeys.key;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Identifiers and secrets in the form of the contract. */
class NewKeysTest {

    private static final String DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    private final NewKeys newKeys = new NewKeys();

    @Test
    void theCheckIsThatOfTheExample() {
        assertEquals("1NkxpY", NewKeys.check("ek-proxy-sk-0123456789012345678901234567890123456789"));
    }

    @Test
    void everyDigitIsAsLikelyAsTheOthers() {
        int[] counts = new int[DIGITS.length()];
        List<NewKey> keys = newKeys.next(20_000);

        keys.forEach(key -> key.secret().substring(12, 52).chars().forEach(c -> counts[DIGITS.indexOf(c)]++));

        // 800,000 digits: 12,903 of each, with a standard deviation of 113.
        Arrays.stream(counts).forEach(count -> assertTrue(count > 12_100 && count < 13_700, Arrays.toString(counts)));
        assertEquals(20_000, keys.stream().map(NewKey::secret).distinct().count());
        assertEquals(20_000, keys.stream().map(NewKey::id).distinct().count());
    }

    @Test
    void aKeyIsHashedAndFormedAsTheContractSays() throws Exception {
        NewKey key = newKeys.next();

        assertTrue(key.id().matches("ek-proxy-[0-9a-f]{32}"), key.id());
        assertTrue(key.secret().matches("ek-proxy-sk-[0-9A-Za-z]{46}"));
        assertEquals(NewKeys.check(key.secret().substring(0, 52)), key.secret().substring(52));
        assertEquals(Buffer.buffer(MessageDigest.getInstance("SHA-256").digest(key.secret().getBytes(StandardCharsets.US_ASCII))),
                key.secretHash());
    }

    @Test
    void noSecretIsWrittenByAccident() {
        List<NewKey> keys = newKeys.next(3);

        assertFalse(keys.toString().contains("ek-proxy-sk-"), "a list of keys");
        assertEquals(keys.stream().map(NewKey::id).collect(Collectors.toList()).toString(), keys.toString());
    }
}
