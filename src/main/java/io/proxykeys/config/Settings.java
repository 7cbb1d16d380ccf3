package io.proxykeys.config;

import io.proxykeys.auth.AccessTokens;
import io.proxykeys.auth.KeyLocation;
import io.proxykeys.auth.KeySet;
import io.proxykeys.database.RootCertificate;
import io.vertx.pgclient.PgConnectOptions;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;

/**
 * What a deployment has to say, checked before anything starts, so that a mistake is one line that names the setting and
 * not a stack trace. A database or key source that merely cannot be reached is no mistake.
 */
public final class Settings {

    private static final String DATABASE_URL = "quarkus.datasource.reactive.url";
    private static final String DATABASE_USER = "quarkus.datasource.username";
    private static final String DATABASE_PASSWORD = "quarkus.datasource.password";

    private final Function<String, String> lookup;

    /** @param lookup the value of a property, or {@code null} */
    Settings(Function<String, String> lookup) {
        this.lookup = lookup;
    }

    /** The settings this process was started with: system properties, then the environment. */
    public static Settings ofProcess() {
        return new Settings(property -> {
            String value = System.getProperty(property);
            return value != null ? value : System.getenv(variable(property));
        });
    }

    /** The first mistake as one line that names the environment variable; empty if there is none. */
    public Optional<String> mistake() {
        try {
            require(DATABASE_URL, "the PostgreSQL to use, such as postgresql://host:5432/database");
            check(DATABASE_URL, Settings::checkDatabaseUrl);
            if (!hasCredentials(value(DATABASE_URL))) {
                require(DATABASE_USER, "the PostgreSQL user");
                require(DATABASE_PASSWORD, "the password of the PostgreSQL user");
            }
            require(AccessTokens.ISSUER, "the issuer (iss) of access tokens");
            require(AccessTokens.AUDIENCES, "the audience (aud) of access tokens");
            check(AccessTokens.AUDIENCES, Settings::checkAudiences);
            require(KeyLocation.PROPERTY, "where the keys that sign access tokens are: https:, file: or a class path resource");
            check(KeyLocation.PROPERTY, Settings::checkKeyLocation);
            for (String operation : List.of("delete-all", "remove")) {
                check("proxy-keys.limit." + operation + ".per-minute", text -> checkNumber(text, 0));
                check("proxy-keys.limit." + operation + ".burst", text -> checkNumber(text, 1));
            }
            return Optional.empty();
        } catch (Mistake mistake) {
            return Optional.of(mistake.getMessage().replaceAll("\\s+", " "));
        }
    }

    private String value(String property) {
        String value = lookup.apply(property);
        return value == null ? "" : value.strip();
    }

    private void require(String property, String meaning) {
        if (value(property).isEmpty()) {
            throw new Mistake(variable(property) + " is not set: " + meaning);
        }
    }

    private void check(String property, Check check) {
        String value = value(property);
        if (value.isEmpty()) {
            return;
        }
        try {
            check.accept(value);
        } catch (IOException | IllegalArgumentException e) {
            throw new Mistake(variable(property) + " " + e.getMessage());
        }
    }

    private static void checkDatabaseUrl(String url) {
        try {
            for (String one : url.split(",")) {
                PgConnectOptions.fromUri(databaseUri(one.strip()));
                RootCertificate.of(one).ifPresent(RootCertificate::requireReadable);
            }
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

    private static void checkAudiences(String audiences) {
        if (Arrays.stream(audiences.split(",", -1)).anyMatch(String::isBlank)) {
            throw new IllegalArgumentException("must be audiences separated by commas");
        }
    }

    private static void checkKeyLocation(String text) throws IOException {
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
        KeySet keys;
        try {
            keys = KeySet.parse(document);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("holds no usable key: " + e.getMessage(), e);
        }
        if (keys.isEmpty()) {
            throw new IllegalArgumentException("holds no usable key: no RSA key for RS256 and no P-256 key for ES256");
        }
    }

    private static void checkNumber(String text, int least) {
        try {
            if (Integer.parseInt(text) >= least) {
                return;
            }
        } catch (NumberFormatException e) {
            // said below
        }
        throw new IllegalArgumentException("must be a whole number, " + least + " or more");
    }

    /** The environment variable of a property (MicroProfile Config 3.1, section 5.3.1). */
    private static String variable(String property) {
        return property.replaceAll("[^A-Za-z0-9]", "_").toUpperCase(Locale.ROOT);
    }

    private interface Check {
        void accept(String value) throws IOException;
    }

    private static final class Mistake extends RuntimeException {
        Mistake(String message) {
            super(message, null, false, false);
        }
    }
}
