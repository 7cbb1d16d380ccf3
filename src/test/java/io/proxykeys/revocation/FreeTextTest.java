package io.proxykeys.revocation;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a reporter writes is kept without secrets, whatever they are wrapped in. */
class FreeTextTest {

    private static final String ID = "ek-proxy-5f0c3d1e9a7b4c2d8e6f0a1b2c3d4e5f";

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
            "found ek-proxy-sk-abc, and more|found ek-proxy-***, and more",
            "found ek-proxy-sk-abc.|found ek-proxy-***.",
            "(ek-proxy-sk-abc)|(ek-proxy-***)",
            "https://x/?k=ek-proxy-sk%2D0123abcd&b=1|https://x/?k=ek-proxy-***&b=1",
            "https://x/ek-proxy-sk-abc/def|https://x/ek-proxy-***/def",
            "ek-proxy-@secretsecret|ek-proxy-***",
            "ek-proxy-sk-\u200b0123abcd x|ek-proxy-*** x",
            "ek-proxy-a.b.c d|ek-proxy-*** d",
            "ek-proxy-ek-proxy-sk-a|ek-proxy-***",
            "ek-proxy-|ek-proxy-***" })
    void secretsAreReplaced(String text, String kept) {
        assertEquals(Optional.of(kept), FreeText.of(text, 255));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = { "'%s'", "key %s, say", "see %s.", "%s=5", "https://x/%s/a" })
    void identifiersStay(String text) {
        assertEquals(Optional.of(text.formatted(ID)), FreeText.of(text.formatted(ID), 255));
    }

    @ParameterizedTest
    @CsvSource({ "a", "-a", "%2Da", "_" })
    void whatIsLongerThanAnIdentifierIsNone(String more) {
        assertEquals(Optional.of("ek-proxy-***"), FreeText.of(ID + more, 255));
    }

    @Test
    void nulAndHalvesOfCharactersAreDroppedAndNothingIsCutWithinAName() {
        assertEquals(Optional.of("ab"), FreeText.of("a\u0000\ud800b", 255));
        assertEquals(Optional.of("1234567 "), FreeText.of("1234567 " + ID, 20));
        assertEquals(Optional.empty(), FreeText.of("\u0000", 255));
        assertEquals(Optional.empty(), FreeText.url("http://example.com"));
    }
}
