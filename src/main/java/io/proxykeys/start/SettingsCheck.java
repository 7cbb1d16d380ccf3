package io.proxykeys.start;

import io.proxykeys.auth.ClaimPath;
import io.proxykeys.auth.Scope;
import io.proxykeys.config.DatabaseSettings;
import io.proxykeys.config.Settings;
import io.proxykeys.config.TokenSettings;
import io.proxykeys.connection.Authentication;
import io.proxykeys.connection.AwsCredentials;
import io.proxykeys.connection.RootCertificate;
import io.proxykeys.database.Bucket;
import io.proxykeys.database.RateLimit;
import io.proxykeys.github.GithubKeySet;
import io.proxykeys.signingkeys.Algorithm;
import io.proxykeys.signingkeys.KeyLocation;
import io.proxykeys.signingkeys.SigningKeySet;
import io.vertx.pgclient.PgConnectOptions;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Finds what is wrong with the settings of a deployment: one line for each mistake, which names the environment variable. A database
 * or key source that merely cannot be reached is no mistake.
 */
final class SettingsCheck {

    /** Variables of the JWT extension, but those of tokens that an application makes itself. */
    private static final Pattern OF_TOKENS = Pattern.compile("MP_JWT_.*|SMALLRYE_JWT_(?!SIGN_|ENCRYPT_|NEW_TOKEN_).*");

    private final List<String> mistakes = new ArrayList<>();

    /** The mistakes so far, in the order of the checks. */
    List<String> mistakes() {
        return List.copyOf(mistakes);
    }

    /** Checks what a deployment has to give: the database, and how to log in to it. */
    void check(DatabaseSettings database, Settings settings, Map<String, String> environment) {
        String url = require("QUARKUS_DATASOURCE_REACTIVE_URL", database.url(),
                "the PostgreSQL to use, such as postgresql://host:5432/database");
        if (!url.isEmpty()) {
            check("QUARKUS_DATASOURCE_REACTIVE_URL", () -> checkDatabaseUrl(url));
        }
        if (Authentication.of(settings.databaseAuthentication()).equals(Optional.of(Authentication.IAM))) {
            require("QUARKUS_DATASOURCE_USERNAME", database.user(), "the PostgreSQL user");
            AwsCredentials.REQUIRED.forEach(variable -> require(variable, Optional.ofNullable(environment.get(variable)),
                    "PROXY_KEYS_DATABASE_AUTHENTICATION is iam"));
            if (!url.isEmpty() && !url.contains("sslmode=verify-full")) {
                add("QUARKUS_DATASOURCE_REACTIVE_URL", "must have sslmode=verify-full, because PROXY_KEYS_DATABASE_AUTHENTICATION is iam");
            }
        } else if (!hasCredentials(url)) {
            require("QUARKUS_DATASOURCE_USERNAME", database.user(), "the PostgreSQL user");
            require("QUARKUS_DATASOURCE_PASSWORD", database.password(), "the password of the PostgreSQL user");
        }
    }

    /** Checks what a deployment has to give: whose tokens are accepted. */
    void check(TokenSettings tokens, Settings own) {
        require("MP_JWT_VERIFY_ISSUER", tokens.issuer(), "the issuer (iss) of access tokens");
        if (own.clientIds().isEmpty()) {
            require("MP_JWT_VERIFY_AUDIENCES", tokens.audiences(),
                    "the audience (aud) of access tokens, or else PROXY_KEYS_TOKEN_CLIENT_IDS for tokens that have none");
        }
        checkList("MP_JWT_VERIFY_AUDIENCES", tokens.audiences(), "audiences");
        String location = require("MP_JWT_VERIFY_PUBLICKEY_LOCATION", tokens.keyLocation(),
                "where the keys that sign access tokens are: https:, file: or a class path resource");
        Set<Algorithm> algorithms = EnumSet.noneOf(Algorithm.class);
        check("MP_JWT_VERIFY_PUBLICKEY_ALGORITHM", () -> algorithms.addAll(Algorithm.accepted(tokens.algorithms())));
        if (!location.isEmpty() && !algorithms.isEmpty()) {
            check("MP_JWT_VERIFY_PUBLICKEY_LOCATION", () -> checkKeyLocation(location, algorithms));
        }
    }

    /** Checks the settings of our own, which have defaults. */
    void check(Settings settings) {
        if (Authentication.of(settings.databaseAuthentication()).isEmpty()) {
            add("PROXY_KEYS_DATABASE_AUTHENTICATION", "must be password or iam");
        }
        for (Bucket bucket : Bucket.values()) {
            RateLimit limit = bucket.limit(settings);
            String variable = SettingsInterceptor.variable("proxy-keys.limit." + bucket.code());
            atLeast(0, variable + "_PER_MINUTE", limit.perMinute());
            atLeast(1, variable + "_BURST", limit.burst());
        }
        if (settings.betweenKeyFetches().isZero()) {
            add("PROXY_KEYS_KEYS_BETWEEN_FETCHES", "must be a time above 0, such as PT1M or 60s");
        }
        settings.githubKeysLocation().ifPresent(location -> check("PROXY_KEYS_GITHUB_KEYS_LOCATION", () -> GithubKeySet.requireUsable(
                location)));
        checkList("PROXY_KEYS_TOKEN_CLIENT_IDS", settings.clientIds(), "client ids");
        settings.scopeClaim().ifPresent(claim -> check("PROXY_KEYS_TOKEN_SCOPE_CLAIM", () -> ClaimPath.parse(claim)));
        settings.accountClaim().ifPresent(claim -> check("PROXY_KEYS_TOKEN_ACCOUNT_CLAIM", () -> ClaimPath.parse(claim)));
        settings.scopePrefix().ifPresent(prefix -> check("PROXY_KEYS_TOKEN_SCOPE_PREFIX", () -> Scope.requirePrefix(prefix)));
    }

    /**
     * Checks that no variable only looks like a setting: a misspelt one would leave the default in force, and one of the JWT extension that
     * is not used here would be without effect, or fail every call.
     */
    void check(Collection<String> environment) {
        environment.stream().filter(SettingsInterceptor::isMisspelt).sorted().forEach(variable -> add(variable, "is not a setting"));
        environment.stream().filter(variable -> OF_TOKENS.matcher(variable).matches() && !TokenSettings.VARIABLES.contains(variable))
                .sorted()
                .forEach(variable -> add(variable, "is not used here: tokens are verified by the settings in configuration.md alone"));
    }

    private String require(String variable, Optional<String> setting, String meaning) {
        String value = setting.orElse("").strip();
        if (value.isEmpty()) {
            add(variable, "is not set: " + meaning);
        }
        return value;
    }

    private void checkList(String variable, Optional<String> setting, String what) {
        String value = setting.orElse("").strip();
        if (!value.isEmpty() && Arrays.stream(value.split(",", -1)).anyMatch(String::isBlank)) {
            add(variable, "must be " + what + " separated by commas");
        }
    }

    private void atLeast(int least, String variable, int value) {
        if (value < least) {
            add(variable, "must be a whole number, " + least + " or more");
        }
    }

    private void check(String variable, Check check) {
        try {
            check.run();
        } catch (IllegalArgumentException e) {
            add(variable, e.getMessage());
        }
    }

    /** One line, whatever an underlying message says. */
    private void add(String variable, String mistake) {
        mistakes.add((variable + " " + mistake).replaceAll("\\s+", " "));
    }

    private static void checkDatabaseUrl(String url) {
        if (url.contains(",")) {
            throw new IllegalArgumentException("must have one address: a list is not supported, the name has to lead to the server that"
                    + " takes writes");
        }
        if (url.contains("target_session_attrs")) {
            throw new IllegalArgumentException("must not have target_session_attrs: it is not supported, the name has to lead to the"
                    + " server that takes writes");
        }
        try {
            PgConnectOptions.fromUri(databaseUri(url));
            RootCertificate.of(url).ifPresent(RootCertificate::requireReadable);
        } catch (RootCertificate.Unreadable e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        } catch (RuntimeException e) {
            throw new IllegalArgumentException("is not a PostgreSQL URL such as postgresql://host:5432/database", e);
        }
    }

    /** User and password may stand in the URL: {@code postgresql://user:password@host/database}. */
    private static boolean hasCredentials(String url) {
        return url.matches("[a-z:-]+//[^/?]+:[^/?]+@.*");
    }

    private static String databaseUri(String url) {
        return url.startsWith("vertx-reactive:") ? url.substring("vertx-reactive:".length()) : url;
    }

    private static void checkKeyLocation(String text, Set<Algorithm> algorithms) {
        KeyLocation location = KeyLocation.parse(text);
        if (location.isRemote()) {
            return;
        }
        String document;
        try {
            document = location.read();
        } catch (IOException notThereYet) {
            return;
        }
        SigningKeySet keys;
        try {
            keys = SigningKeySet.parse(document, algorithms);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("holds no usable key: " + e.getMessage(), e);
        }
        if (keys.isEmpty()) {
            throw new IllegalArgumentException("holds no usable key: it holds " + keys.unusable().orElse("none at all")
                    + ", and MP_JWT_VERIFY_PUBLICKEY_ALGORITHM accepts " + algorithms);
        }
    }

    /** Throws {@link IllegalArgumentException} with what is wrong, to be put after the name of the variable. */
    private interface Check {
        void run();
    }
}
