package io.proxykeys.config;

import io.quarkus.runtime.configuration.DurationConverter;
import java.time.Duration;
import org.eclipse.microprofile.config.spi.Converter;

/**
 * A time above 0 as Quarkus writes it ({@code PT1M}, {@code 60s}). Anything else becomes {@link Duration#ZERO}, for
 * {@code start.SettingsCheck} to name the variable in one line.
 */
public final class PositiveDuration implements Converter<Duration> {

    @Override
    public Duration convert(String text) {
        try {
            Duration duration = DurationConverter.parseDuration(text.strip());
            return duration == null || duration.isNegative() ? Duration.ZERO : duration;
        } catch (IllegalArgumentException e) {
            return Duration.ZERO;
        }
    }
}
