package io.proxykeys.config;

import io.quarkus.arc.Unremovable;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithConverter;
import io.smallrye.config.WithDefault;
import io.smallrye.config.WithName;
import java.time.Duration;
import java.util.Optional;

/**
 * The settings of our own. Together with {@link TokenSettings} and {@link DatabaseSettings} this is the table of
 * {@code src/docs/configuration.md}, which a test compares: a row for each member, with its Javadoc and its default. A blank value counts
 * as missing.
 *
 * <p>To add a setting, add a member here with its literal name, its default, and a converter of this package if it is not text (text
 * that may be missing is an {@code Optional<String>}), and copy its Javadoc into the row of the table. Its check is a line in
 * {@code start.SettingsCheck}, with the name of the variable as it is set and what is wrong. Its tests are a row in the tables of
 * {@code SettingsTest} and, because that one starts the native function, in those of {@code StartIT}.
 */
@Unremovable
@ConfigMapping(prefix = "proxy-keys")
public interface Settings {

    /**
     * How the function logs in to the database: with {@code password}, or with {@code iam}, which is RDS IAM authentication and for
     * {@code sslmode=verify-full} only; then no password is needed.
     */
    @WithName("database.authentication")
    @WithDefault("password")
    String databaseAuthentication();

    /** Delete-all calls that an account may make a minute, counted in the database; {@code 0} switches the limit off. */
    @WithName("limit.delete-all.per-minute")
    @WithDefault("10")
    @WithConverter(WholeNumber.class)
    int deleteAllPerMinute();

    /** Delete-all calls that an account may make at once. */
    @WithName("limit.delete-all.burst")
    @WithDefault("10")
    @WithConverter(WholeNumber.class)
    int deleteAllBurst();

    /**
     * Calls that delete named keys, one or several, that an account may make a minute, counted in the database; {@code 0}
     * switches the limit off.
     */
    @WithName("limit.remove.per-minute")
    @WithDefault("60")
    @WithConverter(WholeNumber.class)
    int removePerMinute();

    /** Calls that delete named keys that an account may make at once. */
    @WithName("limit.remove.burst")
    @WithDefault("60")
    @WithConverter(WholeNumber.class)
    int removeBurst();

    /** Calls that suspend or resume keys that an account may make a minute, counted in the database; {@code 0} switches the limit off. */
    @WithName("limit.suspend.per-minute")
    @WithDefault("10")
    @WithConverter(WholeNumber.class)
    int suspendPerMinute();

    /** Calls that suspend or resume keys that an account may make at once. */
    @WithName("limit.suspend.burst")
    @WithDefault("10")
    @WithConverter(WholeNumber.class)
    int suspendBurst();

    /** Keys that an account may create a minute, counted in the database; {@code 0} switches the limit off. */
    @WithName("limit.create.per-minute")
    @WithDefault("60")
    @WithConverter(WholeNumber.class)
    int createPerMinute();

    /** Keys that an account may create at once. */
    @WithName("limit.create.burst")
    @WithDefault("60")
    @WithConverter(WholeNumber.class)
    int createBurst();

    /** Calls that recreate keys that an account may make a minute, counted in the database; {@code 0} switches the limit off. */
    @WithName("limit.recreate.per-minute")
    @WithDefault("10")
    @WithConverter(WholeNumber.class)
    int recreatePerMinute();

    /** Calls that recreate keys that an account may make at once. */
    @WithName("limit.recreate.burst")
    @WithDefault("10")
    @WithConverter(WholeNumber.class)
    int recreateBurst();

    /** Calls that rotate keys that an account may make a minute, counted in the database; {@code 0} switches the limit off. */
    @WithName("limit.rotate.per-minute")
    @WithDefault("10")
    @WithConverter(WholeNumber.class)
    int rotatePerMinute();

    /** Calls that rotate keys that an account may make at once. */
    @WithName("limit.rotate.burst")
    @WithDefault("10")
    @WithConverter(WholeNumber.class)
    int rotateBurst();

    /**
     * Keys that an account may look up and change a minute, both together, counted in the database; {@code 0} switches the limit off.
     */
    @WithName("limit.lookup-update.per-minute")
    @WithDefault("60")
    @WithConverter(WholeNumber.class)
    int lookupUpdatePerMinute();

    /** Keys that an account may look up and change at once. */
    @WithName("limit.lookup-update.burst")
    @WithDefault("60")
    @WithConverter(WholeNumber.class)
    int lookupUpdateBurst();

    /**
     * How long after one fetch of the key set a token that names an unknown key may cause the next, such as {@code PT1M} or
     * {@code 60s}.
     */
    @WithName("keys.between-fetches")
    @WithDefault("PT1M")
    @WithConverter(PositiveDuration.class)
    Duration betweenKeyFetches();

    /**
     * Where the keys are that GitHub signs its reports of leaked keys with:
     * {@code https://api.github.com/meta/public_keys/secret_scanning}, or a {@code file:}. Not set: such reports are not served.
     */
    @WithName("github.keys-location")
    Optional<String> githubKeysLocation();

    /** The accepted {@code client_id} of tokens that have no {@code aud}, separated by commas. */
    @WithName("token.client-ids")
    Optional<String> clientIds();

    /**
     * The claim that has the scopes, if it is neither {@code scope} nor {@code scp}: its name, or a path such as
     * {@code realm_access/roles}, with quotation marks around a name that has a {@code /}.
     */
    @WithName("token.scope-claim")
    Optional<String> scopeClaim();

    /** What the issuer puts before the names of scopes, such as {@code https://api.example.com/}. */
    @WithName("token.scope-prefix")
    Optional<String> scopePrefix();

    /** The claim that has the account id, if it is not {@code sub}: its name, or a path. */
    @WithName("token.account-claim")
    Optional<String> accountClaim();
}
