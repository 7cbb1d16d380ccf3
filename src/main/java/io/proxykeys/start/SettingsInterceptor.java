package io.proxykeys.start;

import io.proxykeys.config.Settings;
import io.smallrye.config.ConfigMappings.ConfigClass;
import io.smallrye.config.ConfigSourceInterceptor;
import io.smallrye.config.ConfigSourceInterceptorContext;
import io.smallrye.config.ConfigValue;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Gives a setting of our own that is blank its default: the parameter of a template that was left empty arrives as an empty variable,
 * which the configuration library would call malformed.
 */
final class SettingsInterceptor implements ConfigSourceInterceptor {

    private static final long serialVersionUID = 1;

    private static final String PREFIX = "proxy-keys.";
    private static final String VARIABLE_PREFIX = "PROXY_KEYS_";

    /** The default of each setting; {@code null} if it has none. */
    private static final Map<String, String> DEFAULTS = ConfigClass.configClass(Settings.class).getProperties();

    private static final Set<String> VARIABLES = DEFAULTS.keySet().stream().map(SettingsInterceptor::variable).collect(Collectors.toSet());

    @Override
    public ConfigValue getValue(ConfigSourceInterceptorContext context, String name) {
        ConfigValue value = context.proceed(name);
        return value != null && name.startsWith(PREFIX) && value.getValue() != null && value.getValue().isBlank()
                ? value.withValue(DEFAULTS.get(name)) : value;
    }

    /** Whether an environment variable has our prefix and is none of the settings. */
    static boolean isMisspelt(String variable) {
        return variable.startsWith(VARIABLE_PREFIX) && !VARIABLES.contains(variable);
    }

    /** The environment variable of a property (MicroProfile Config 3.1, "Environment Variables Mapping Rules"). */
    static String variable(String property) {
        return property.replaceAll("[^A-Za-z0-9]", "_").toUpperCase(Locale.ROOT);
    }
}
