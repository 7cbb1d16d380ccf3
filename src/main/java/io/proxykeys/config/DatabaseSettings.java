package io.proxykeys.config;

import io.quarkus.arc.Unremovable;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithName;
import java.util.Optional;

/**
 * The settings of the database by the names of Quarkus, of which these are the ones that a deployment has to give. Quarkus reads them
 * itself; they are here so that {@code start.SettingsCheck} says what is wrong with them before Quarkus does.
 */
@Unremovable
@ConfigMapping(prefix = "quarkus.datasource")
public interface DatabaseSettings {

    /** PostgreSQL 15 or later, one address, such as {@code postgresql://host:5432/database?sslmode=verify-full}. */
    @WithName("reactive.url")
    Optional<String> url();

    /** A login with the role {@code proxy_keys_function}. Not needed if the URL has user and password. */
    @WithName("username")
    Optional<String> user();

    /** The password of that login. Not needed with {@code PROXY_KEYS_DATABASE_AUTHENTICATION=iam}. */
    @WithName("password")
    Optional<String> password();
}
