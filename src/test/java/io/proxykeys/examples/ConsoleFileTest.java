package io.proxykeys.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** {@code src/examples/console.html} is one file that needs nothing else and lets nothing else in. */
class ConsoleFileTest {

    private static final String PAGE = read();

    @Test
    void thePolicyAdmitsExactlyItsOwnScriptAndStyle() throws Exception {
        assertEquals("default-src 'none'; script-src '" + hash("<script>(.*?)</script>") + "'; style-src '" + hash("<style>(.*?)</style>")
                + "'; connect-src 'self' https: http://localhost:* http://127.0.0.1:*; base-uri 'none'; form-action 'none'",
                first("http-equiv=\"Content-Security-Policy\" content=\"([^\"]+)\""));
        assertFalse(Pattern.compile(" on[a-z]+=\"| style=\"").matcher(PAGE).find(), "script or style in an attribute");
    }

    @Test
    void nothingIsLoadedFromElsewhereOrKept() {
        for (String word : new String[] { " src=", " href=", "url(", "@import", "import(", "localStorage", "sessionStorage",
                "document.cookie",
                "indexedDB", "innerHTML", "insertAdjacentHTML", "eval(" }) {
            assertFalse(PAGE.contains(word), word);
        }
    }

    @Test
    void everyFieldHasALabelAndEveryTableACaption() {
        Matcher fields = Pattern.compile("<(input|select) ").matcher(PAGE);
        while (fields.find()) {
            String before = PAGE.substring(0, fields.start());
            assertTrue(before.lastIndexOf("<label") > before.lastIndexOf("</label>"), PAGE.substring(fields.start(), fields.start() + 60));
        }
        assertEquals(count("<table"), count("<caption"));
        assertEquals(count("<section"), count("aria-labelledby=\"[a-z-]+-title\"") - count("role=\"region\""));
        assertTrue(PAGE.startsWith("<!DOCTYPE html>\n<html lang=\"en\">"));
    }

    private static long count(String pattern) {
        return Pattern.compile(pattern).matcher(PAGE).results().count();
    }

    private static String hash(String element) throws Exception {
        byte[] text = first(element).getBytes(StandardCharsets.UTF_8);
        return "sha256-" + Base64.getEncoder().encodeToString(MessageDigest.getInstance("SHA-256").digest(text));
    }

    private static String first(String pattern) {
        Matcher found = Pattern.compile(pattern, Pattern.DOTALL).matcher(PAGE);
        assertTrue(found.find(), pattern);
        return found.group(1);
    }

    private static String read() {
        try {
            return Files.readString(Path.of("src/examples/console.html"));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
