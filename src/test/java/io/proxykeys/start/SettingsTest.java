package io.proxykeys.start;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.proxykeys.config.DatabaseSettings;
import io.proxykeys.config.Settings;
import io.proxykeys.config.TokenSettings;
import io.quarkus.arc.Unremovable;
import io.quarkus.runtime.configuration.ConfigurationException;
import io.smallrye.config.ConfigMappings.ConfigClass;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfig;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.smallrye.config.SmallRyeConfigBuilderCustomizer;
import io.smallrye.jwt.algorithm.SignatureAlgorithm;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The check of the settings before the start; {@code StartIT} shows it on the native function. */
class SettingsTest {

    private static final String PREFIX = "proxy-keys: cannot start: ";

    private final Map<String, String> values = new HashMap<>(Map.of(
            "quarkus.datasource.reactive.url", "postgresql://db.example.com:5432/app?sslmode=verify-full",
            "quarkus.datasource.username", "lambda",
            "quarkus.datasource.password", "secret",
            "mp.jwt.verify.issuer", "https://issuer.example.com/",
            "mp.jwt.verify.audiences", "proxy-keys",
            "mp.jwt.verify.publickey.location", "https://issuer.example.com/jwks.json"));

    @Test
    void aCompleteDeploymentHasNoMistake() {
        assertDoesNotThrow(this::start);
    }

    @ParameterizedTest
    @CsvSource({ "quarkus.datasource.reactive.url", "quarkus.datasource.username", "quarkus.datasource.password", "mp.jwt.verify.issuer",
            "mp.jwt.verify.audiences", "mp.jwt.verify.publickey.location" })
    void whatIsMissingIsNamedInOneLine(String property) {
        values.remove(property);
        assertNamed(property);
        values.put(property, " ");
        assertNamed(property);
        values.put(property, "");
        assertNamed(property);
    }

    @ParameterizedTest
    @CsvSource({ "quarkus.datasource.reactive.url,db.example.com", "quarkus.datasource.reactive.url,jdbc:postgresql://db/app",
            "mp.jwt.verify.publickey.location,http://issuer.example.com/jwks.json",
            "mp.jwt.verify.publickey.location,file:", "mp.jwt.verify.publickey.location,a b",
            "mp.jwt.verify.publickey.location,keys.pem", "mp.jwt.verify.publickey.location,/var/task/jwks.json",
            "mp.jwt.verify.publickey.location,https://user:password@issuer.example.com/jwks.json",
            "mp.jwt.verify.audiences,'a,,b'", "mp.jwt.verify.audiences,','",
            "quarkus.datasource.reactive.url,postgresql://db/app?sslmode=verify-full&sslrootcert=/not/there.pem",
            "quarkus.datasource.reactive.url,'postgresql://one/app,postgresql://two/app'",
            "quarkus.datasource.reactive.url,'postgresql://one:5432,two:5432/app'",
            "quarkus.datasource.reactive.url,postgresql://db/app?target_session_attrs=read-write",
            "proxy-keys.database.authentication,kerberos",
            "proxy-keys.limit.remove.burst,x", "proxy-keys.limit.delete-all.per-minute,-1", "proxy-keys.limit.delete-all.burst,0",
            "proxy-keys.limit.create.per-minute,-1", "proxy-keys.limit.create.burst,0", "proxy-keys.limit.recreate.per-minute,x",
            "proxy-keys.limit.recreate.burst,0", "proxy-keys.limit.lookup-update.per-minute,-1", "proxy-keys.limit.lookup-update.burst,0",
            "proxy-keys.limit.remove.per-minute,1.5", "proxy-keys.limit.remove.per-minute,99999999999",
            "mp.jwt.verify.publickey.algorithm,HS256", "mp.jwt.verify.publickey.algorithm,none", "mp.jwt.verify.publickey.algorithm,rs256",
            "mp.jwt.verify.publickey.algorithm,'RS256,'", "mp.jwt.verify.publickey.algorithm,'RS256,ES256K'",
            "proxy-keys.token.client-ids,'a,,b'", "proxy-keys.token.scope-prefix,a b", "proxy-keys.token.scope-prefix,'a\"'",
            "proxy-keys.token.scope-prefix,a\\", "proxy-keys.token.scope-claim,a/\"b", "proxy-keys.token.account-claim,a/\"b",
            "proxy-keys.keys.between-fetches,0s", "proxy-keys.keys.between-fetches,-1s" })
    void whatIsMalformedIsNamedInOneLine(String property, String value) {
        values.put(property, value);
        assertNamed(property);
    }

    /** So that a setting that is no text is never left without a check. */
    @ParameterizedTest
    @MethodSource("settingsWithDefaults")
    void whatHasADefaultIsCheckedToo(String property) {
        values.put(property, "no such value");
        assertNamed(property);
    }

    @ParameterizedTest
    @MethodSource("settingsWithDefaults")
    void whatIsBlankHasItsDefault(String property) {
        values.put(property, " ");
        assertEquals(defaults().get(property), start().getConfigValue(property).getValue());
        values.put(property, "");
        assertEquals(defaults().get(property), start().getConfigValue(property).getValue());
    }

    @ParameterizedTest
    @CsvSource({ "quarkus.datasource.reactive.url,vertx-reactive:postgresql://db/app",
            "mp.jwt.verify.publickey.location,http://127.0.0.1:8000/jwks.json",
            "mp.jwt.verify.publickey.location,file:/not/there/yet.json", "mp.jwt.verify.publickey.location,HTTPS://issuer.example.com/k",
            "proxy-keys.database.authentication,' password '", "mp.jwt.verify.audiences,'a, b'",
            "mp.jwt.verify.publickey.algorithm,' '", "mp.jwt.verify.publickey.algorithm,'PS512, EdDSA ,ES384'",
            "proxy-keys.token.client-ids,'a, b'", "proxy-keys.token.scope-prefix,https://api.example.com/",
            "proxy-keys.token.scope-claim,https://example.com/scopes", "proxy-keys.token.scope-claim,'\"https://example.com/a\"/b'",
            "proxy-keys.token.scope-claim,' '", "proxy-keys.token.account-claim,urn:example:org",
            "proxy-keys.limit.delete-all.per-minute,0", "proxy-keys.limit.remove.burst,' 7 '", "proxy-keys.keys.between-fetches,90s" })
    void whatIsUnusualButValidIsAccepted(String property, String value) {
        values.put(property, value);
        assertDoesNotThrow(this::start);
    }

    @Test
    void clientIdsAreEnoughWhereTokensHaveNoAudience() {
        values.remove("mp.jwt.verify.audiences");
        values.put("proxy-keys.token.client-ids", "7example");
        assertDoesNotThrow(this::start);
    }

    @Test
    void theJwtExtensionReadsTheSameNamesOfAlgorithms() {
        String names = "RS256,RS384,RS512,PS256,PS384,PS512,ES256,ES384,ES512,EdDSA";
        SmallRyeConfig config = new SmallRyeConfigBuilder().addDiscoveredConverters()
                .withSources(new PropertiesConfigSource(Map.of("algorithms", names), "a deployment", 300)).build();

        assertEquals(List.of(names.split(",")),
                config.getValues("algorithms", SignatureAlgorithm.class).stream().map(SignatureAlgorithm::getAlgorithm).toList());
    }

    @Test
    void userAndPasswordInTheUrlAreEnough() {
        values.remove("quarkus.datasource.username");
        values.remove("quarkus.datasource.password");
        values.put("quarkus.datasource.reactive.url", "postgresql://user:secret@my_db/app");
        assertDoesNotThrow(this::start);
    }

    @ParameterizedTest
    @ValueSource(strings = { "iam", " iam " })
    void withIamCredentialsOfTheEnvironmentTakeThePlaceOfThePassword(String iam) {
        values.remove("quarkus.datasource.password");
        values.put("proxy-keys.database.authentication", iam);
        Map<String, String> environment = new HashMap<>(Map.of("AWS_REGION", "eu-central-1", "AWS_ACCESS_KEY_ID", "id",
                "AWS_SECRET_ACCESS_KEY", "secret"));
        assertEquals(List.of(), databaseMistakes(environment));

        environment.keySet().forEach(variable -> {
            Map<String, String> incomplete = new HashMap<>(environment);
            incomplete.remove(variable);
            assertEquals(List.of(variable + " is not set: PROXY_KEYS_DATABASE_AUTHENTICATION is iam"), databaseMistakes(incomplete));
        });
    }

    @ParameterizedTest
    @ValueSource(strings = { "", "?sslmode=require", "?sslmode=verify-ca", "?sslmode=disable" })
    void iamIsForAServerWhoseNameIsVerified(String parameters) {
        values.put("proxy-keys.database.authentication", "iam");
        values.put("quarkus.datasource.reactive.url", "postgresql://db.example.com/app" + parameters);

        List<String> mistakes = databaseMistakes(Map.of("AWS_REGION", "r", "AWS_ACCESS_KEY_ID", "id", "AWS_SECRET_ACCESS_KEY", "secret"));

        assertEquals(1, mistakes.size(), mistakes.toString());
        assertTrue(mistakes.get(0).startsWith("QUARKUS_DATASOURCE_REACTIVE_URL must have sslmode=verify-full"), mistakes.toString());
    }

    @Test
    void allMistakesAreNamedAtOnce() {
        values.clear();
        values.put("mp.jwt.verify.publickey.location", "http://issuer.example.com/jwks.json");
        values.put("proxy-keys.limit.delete-all.burst", "many");

        assertEquals(List.of("QUARKUS_DATASOURCE_REACTIVE_URL", "QUARKUS_DATASOURCE_USERNAME", "QUARKUS_DATASOURCE_PASSWORD",
                "MP_JWT_VERIFY_ISSUER", "MP_JWT_VERIFY_AUDIENCES", "MP_JWT_VERIFY_PUBLICKEY_LOCATION",
                "PROXY_KEYS_LIMIT_DELETE_ALL_BURST"), mistakes().stream().map(mistake -> mistake.split(" ", -1)[0]).toList());
    }

    @Test
    void aMisspeltVariableIsNamed() {
        SettingsCheck check = new SettingsCheck();
        check.check(Set.of("PROXY_KEYS_LIMIT_REMOVE_BURST", "PROXY_KEYS_LIMIT_REMOVE_BRUST", "PROXY_KEYS", "PATH"));
        assertEquals(List.of("PROXY_KEYS_LIMIT_REMOVE_BRUST is not a setting"), check.mistakes());
    }

    @ParameterizedTest
    @ValueSource(strings = { "MP_JWT_VERIFY_CLOCK_SKEW", "MP_JWT_VERIFY_TOKEN_AGE", "MP_JWT_VERIFY_PUBLICKEY",
            "MP_JWT_DECRYPT_KEY_LOCATION",
            "MP_JWT_DECRYPT_KEY_ALGORITHM", "MP_JWT_TOKEN_HEADER", "SMALLRYE_JWT_VERIFY_ALGORITHM", "SMALLRYE_JWT_PATH_SUB",
            "SMALLRYE_JWT_EXPIRATION_GRACE", "SMALLRYE_JWT_REQUIRED_CLAIMS" })
    void aVariableOfTheJwtExtensionThatIsNotUsedIsNamed(String variable) {
        SettingsCheck check = new SettingsCheck();
        check.check(Set.of(variable, "MP_JWT_VERIFY_PUBLICKEY_LOCATION", "MP_JWT_VERIFY_ISSUER", "MP_JWT_VERIFY_AUDIENCES",
                "MP_JWT_VERIFY_PUBLICKEY_ALGORITHM", "SMALLRYE_JWT_SIGN_KEY_LOCATION"));

        assertEquals(1, check.mistakes().size(), check.mistakes().toString());
        assertTrue(check.mistakes().get(0).startsWith(variable + " "), check.mistakes().toString());
    }

    /** Quarkus leaves out a mapping that nothing injects, and the check waits for all three. */
    @Test
    void theCheckIsPartOfEveryStart() {
        assertTrue(ServiceLoader.load(SmallRyeConfigBuilderCustomizer.class).stream()
                .anyMatch(customizer -> customizer.type() == CheckedAtStart.class));
        for (Class<?> settings : List.of(Settings.class, TokenSettings.class, DatabaseSettings.class)) {
            assertTrue(settings.isAnnotationPresent(Unremovable.class), settings.getName());
        }
    }

    @Test
    void settingsArriveWithTheirTypes() {
        values.put("proxy-keys.limit.delete-all.per-minute", "3");
        values.put("proxy-keys.keys.between-fetches", "90s");

        Settings settings = start().getConfigMapping(Settings.class);

        assertEquals(3, settings.deleteAllPerMinute());
        assertEquals(60, settings.removeBurst());
        assertEquals(Duration.ofSeconds(90), settings.betweenKeyFetches());
    }

    private static Map<String, String> defaults() {
        return ConfigClass.configClass(Settings.class).getProperties();
    }

    private static List<String> settingsWithDefaults() {
        return defaults().entrySet().stream().filter(entry -> entry.getValue() != null).map(Map.Entry::getKey).sorted().toList();
    }

    private SmallRyeConfig start() {
        SmallRyeConfigBuilder builder = new SmallRyeConfigBuilder()
                .addDefaultInterceptors()
                .withSources(new PropertiesConfigSource(values, "a deployment", 300))
                .withMapping(Settings.class).withMapping(TokenSettings.class).withMapping(DatabaseSettings.class);
        new CheckedAtStart().configBuilder(builder);
        return builder.build();
    }

    private List<String> databaseMistakes(Map<String, String> environment) {
        SmallRyeConfig config = new SmallRyeConfigBuilder().addDefaultInterceptors()
                .withSources(new PropertiesConfigSource(values, "a deployment", 300))
                .withMapping(Settings.class).withMapping(TokenSettings.class).withMapping(DatabaseSettings.class).build();
        SettingsCheck check = new SettingsCheck();
        check.check(config.getConfigMapping(DatabaseSettings.class), config.getConfigMapping(Settings.class), environment);
        return check.mistakes();
    }

    private List<String> mistakes() {
        return assertThrows(ConfigurationException.class, this::start).getMessage().lines().map(line -> {
            assertTrue(line.startsWith(PREFIX), line);
            return line.substring(PREFIX.length());
        }).toList();
    }

    private void assertNamed(String property) {
        List<String> mistakes = mistakes();
        assertEquals(1, mistakes.size(), mistakes.toString());
        String variable = property.replaceAll("[.-]", "_").toUpperCase(Locale.ROOT);
        assertTrue(mistakes.get(0).startsWith(variable + " "), mistakes.toString());
    }
}
