package io.proxykeys.config;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PositiveDurationTest {

    @ParameterizedTest
    @CsvSource({ "60, PT60S", "60s, PT60S", "500ms, PT0.5S", "5m, PT5M", "2h, PT2H", "1d, P1D", "PT1M, PT1M", "' 30s ', PT30S",
            "P1DT1H, PT25H" })
    void aTimeIsReadAsQuarkusWritesIt(String text, Duration duration) {
        assertEquals(duration, new PositiveDuration().convert(text));
    }

    @ParameterizedTest
    @ValueSource(strings = { "0", "0s", "-5", "-PT1M", "PT-1M", "5 minutes", "5x", "", "1.5s", "s",
            "999999999999999999d", "9999999999999999999" })
    void whatIsNoTimeAboveZeroIsZero(String text) {
        assertEquals(Duration.ZERO, new PositiveDuration().convert(text));
    }
}
