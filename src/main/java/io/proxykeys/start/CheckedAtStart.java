package io.proxykeys.start;

import io.proxykeys.config.DatabaseSettings;
import io.proxykeys.config.Settings;
import io.proxykeys.config.TokenSettings;
import io.quarkus.runtime.LaunchMode;
import io.quarkus.runtime.configuration.ConfigurationException;
import io.smallrye.config.ConfigValidator;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.smallrye.config.SmallRyeConfigBuilderCustomizer;
import java.util.stream.Collectors;

/**
 * Has the settings checked as the first thing of the start, and ends it with one line for each mistake.
 *
 * <p>Quarkus reads the configuration before anything else: it asks the customizers (a service, as its guide "Extending Configuration
 * Support" describes), then makes the mappings and gives each to the validator. Any later place is too late: injected properties are
 * checked, and the URL of the database is parsed, before the first bean of ours is made and before {@code StartupEvent}. Of a
 * {@link ConfigurationException} Quarkus prints the message alone, and exits with 1.
 *
 * <p>Quarkus makes a mapping only if it is injected somewhere or is {@link io.quarkus.arc.Unremovable}, which all three are: the check
 * waits for all of them.
 */
public final class CheckedAtStart implements SmallRyeConfigBuilderCustomizer {

    @Override
    public void configBuilder(SmallRyeConfigBuilder builder) {
        builder.withInterceptors(new SettingsInterceptor());
        builder.withValidator(new Validator());
    }

    /** Checks the mappings when the last of them is there, in one order: mappings come in any. */
    private static final class Validator implements ConfigValidator {

        private DatabaseSettings database;
        private TokenSettings tokens;
        private Settings own;

        @Override
        public void validateMapping(Class<?> type, String prefix, Object mapping) {
            if (mapping instanceof DatabaseSettings settings) {
                database = settings;
            } else if (mapping instanceof TokenSettings settings) {
                tokens = settings;
            } else if (mapping instanceof Settings settings) {
                own = settings;
            } else {
                return;
            }
            if (database != null && tokens != null && own != null) {
                check();
            }
        }

        private void check() {
            SettingsCheck check = new SettingsCheck();
            // Development and tests bring their own database and keys.
            if (LaunchMode.current() == LaunchMode.NORMAL) {
                check.check(database, own, System.getenv());
                check.check(tokens, own);
                check.check(System.getenv().keySet());
            }
            check.check(own);
            if (!check.mistakes().isEmpty()) {
                throw new ConfigurationException(check.mistakes().stream()
                        .map(mistake -> "proxy-keys: cannot start: " + mistake).collect(Collectors.joining("\n")));
            }
        }
    }
}
