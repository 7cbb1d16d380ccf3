package io.proxykeys.config;

import java.time.DateTimeException;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.eclipse.microprofile.config.spi.Converter;

/**
 * A time above 0 as Quarkus writes it: of ISO 8601 ({@code PT1M}), or a whole number of days, hours, minutes, seconds or milliseconds
 * ({@code 1d}, {@code 2h}, {@code 5m}, {@code 60s}, {@code 500ms}), of seconds without a unit. Anything else becomes {@link Duration#ZERO},
 * for {@code start.SettingsCheck} to name the variable in one line.
 */
public final class PositiveDuration implements Converter<Duration> {

    private static final Pattern NUMBER_AND_UNIT = Pattern.compile("(\\d{1,18})(d|h|m|s|ms|)");

    @Override
    public Duration convert(String text) {
        try {
            Matcher number = NUMBER_AND_UNIT.matcher(text.strip());
            Duration duration = number.matches() ? of(Long.parseLong(number.group(1)), number.group(2)) : Duration.parse(text.strip());
            return duration.isNegative() ? Duration.ZERO : duration;
        } catch (DateTimeException | ArithmeticException e) {
            return Duration.ZERO;
        }
    }

    private static Duration of(long number, String unit) {
        return switch (unit) {
            case "d" -> Duration.ofDays(number);
            case "h" -> Duration.ofHours(number);
            case "m" -> Duration.ofMinutes(number);
            case "ms" -> Duration.ofMillis(number);
            default -> Duration.ofSeconds(number);
        };
    }
}
