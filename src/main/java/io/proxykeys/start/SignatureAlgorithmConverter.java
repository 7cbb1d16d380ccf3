package io.proxykeys.start;

import io.smallrye.jwt.algorithm.SignatureAlgorithm;
import java.util.Locale;
import org.eclipse.microprofile.config.spi.Converter;

/**
 * Reads {@code EdDSA} for the JWT extension, by the name that tokens have. Without it, the conversion of enums knows that constant as
 * {@code EDDSA} only, and the start ends with the words of the configuration library. {@link SettingsCheck} has refused every other name.
 */
public final class SignatureAlgorithmConverter implements Converter<SignatureAlgorithm> {

    private static final long serialVersionUID = 1;

    @Override
    public SignatureAlgorithm convert(String name) {
        return SignatureAlgorithm.valueOf(name.strip().toUpperCase(Locale.ROOT));
    }
}
