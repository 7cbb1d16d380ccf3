package io.proxykeys.key;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
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

    /** As it is given to GitHub, and to whoever writes a rule for a scanner. */
    @Test
    void theDocumentedExpressionAndExamplesAreThoseOfTheCode() throws IOException {
        String page = Files.readString(Path.of("src/docs/alerts.md"));
        Pattern expression = Pattern.compile(row(page, "Regular expression").get(0));
        List<String> wellFormed = row(page, "Well-formed");

        assertEquals(2, wellFormed.size());
        for (String secret : wellFormed) {
            assertTrue(expression.matcher(secret).matches(), secret);
            assertEquals(NewKeys.check(secret.substring(0, 52)), secret.substring(52));
        }
        String typo = row(page, "A typo in it").get(0);
        assertTrue(expression.matcher(typo).matches(), typo);
        assertNotEquals(NewKeys.check(typo.substring(0, 52)), typo.substring(52));
        assertFalse(expression.matcher(row(page, "An identifier, which is no secret").get(0)).matches());
        newKeys.next(100).forEach(key -> assertTrue(expression.matcher(key.secret()).matches()));
    }

    private static List<String> row(String page, String name) {
        return Pattern.compile("^\\| " + name + " \\| `([^`]+)` \\|$", Pattern.MULTILINE).matcher(page).results().map(found -> found.group(
                1))
                .toList();
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
