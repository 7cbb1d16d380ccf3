package io.proxykeys.config;

import org.eclipse.microprofile.config.spi.Converter;

/**
 * A whole number from 0. Anything else becomes {@value #MALFORMED}, for {@code start.SettingsCheck} to name the variable in one line: a
 * converter that threw would stop the start with the words of the configuration library.
 */
public final class WholeNumber implements Converter<Integer> {

    static final int MALFORMED = -1;

    @Override
    public Integer convert(String text) {
        try {
            return Math.max(MALFORMED, Integer.parseInt(text.strip()));
        } catch (NumberFormatException e) {
            return MALFORMED;
        }
    }
}
