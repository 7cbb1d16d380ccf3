package io.proxykeys.settings;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a deployment has to say; {@code StartIT} shows it on the native function. */
class SettingsTest {

    private final Map<String, String> values = new HashMap<>(Map.of(
            "quarkus.datasource.reactive.url", "postgresql://db.example.com:5432/app?sslmode=verify-full",
            "quarkus.datasource.username", "lambda",
            "mp.jwt.verify.issuer", "https://issuer.example.com/",
            "mp.jwt.verify.audiences", "proxy-keys",
            "mp.jwt.verify.publickey.location", "https://issuer.example.com/jwks.json"));

    @Test
    void aCompleteDeploymentHasNoMistake() {
        assertEquals(Optional.empty(), new Settings(values::get).mistake());
    }

    @ParameterizedTest
    @CsvSource({ "quarkus.datasource.reactive.url", "quarkus.datasource.username", "mp.jwt.verify.issuer",
            "mp.jwt.verify.audiences", "mp.jwt.verify.publickey.location" })
    void whatIsMissingIsNamedInOneLine(String property) {
        values.remove(property);
        assertNamed(property);
        values.put(property, " ");
        assertNamed(property);
    }

    @ParameterizedTest
    @CsvSource({ "quarkus.datasource.reactive.url,db.example.com", "quarkus.datasource.reactive.url,jdbc:postgresql://db/app",
            "mp.jwt.verify.publickey.location,http://issuer.example.com/jwks.json",
            "mp.jwt.verify.publickey.location,file:", "mp.jwt.verify.publickey.location,a b",
            "proxy-keys.limit.delete-all.per-minute,-1", "proxy-keys.limit.delete-all.burst,0" })
    void whatIsMalformedIsNamedInOneLine(String property, String value) {
        values.put(property, value);
        assertNamed(property);
    }

    @ParameterizedTest
    @CsvSource({ "quarkus.datasource.reactive.url,vertx-reactive:postgresql://db/app",
            "mp.jwt.verify.publickey.location,http://127.0.0.1:8000/jwks.json",
            "mp.jwt.verify.publickey.location,file:/not/there/yet.json", "mp.jwt.verify.publickey.location,keys.pem",
            "proxy-keys.limit.delete-all.per-minute,0" })
    void whatIsUnusualButValidIsAccepted(String property, String value) {
        values.put(property, value);
        assertEquals(Optional.empty(), new Settings(values::get).mistake());
    }

    @Test
    void aUserInTheUrlIsEnough() {
        values.remove("quarkus.datasource.username");
        values.put("quarkus.datasource.reactive.url", "postgresql://lambda@db/app");
        assertEquals(Optional.empty(), new Settings(values::get).mistake());
    }

    private void assertNamed(String property) {
        String variable = property.replaceAll("[.-]", "_").toUpperCase();
        String mistake = new Settings(values::get).mistake().orElseThrow();
        assertTrue(mistake.startsWith(variable + " "), mistake);
        assertEquals(1, mistake.lines().count());
    }
}
