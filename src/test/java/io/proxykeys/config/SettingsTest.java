package io.proxykeys.config;

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
            "quarkus.datasource.password", "secret",
            "mp.jwt.verify.issuer", "https://issuer.example.com/",
            "mp.jwt.verify.audiences", "proxy-keys",
            "mp.jwt.verify.publickey.location", "https://issuer.example.com/jwks.json"));

    @Test
    void aCompleteDeploymentHasNoMistake() {
        assertEquals(Optional.empty(), new Settings(values::get).mistake());
    }

    @ParameterizedTest
    @CsvSource({ "quarkus.datasource.reactive.url", "quarkus.datasource.username", "quarkus.datasource.password", "mp.jwt.verify.issuer",
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
            "mp.jwt.verify.publickey.location,keys.pem", "mp.jwt.verify.publickey.location,/var/task/jwks.json",
            "mp.jwt.verify.publickey.location,https://user:password@issuer.example.com/jwks.json",
            "mp.jwt.verify.audiences,'a,,b'", "mp.jwt.verify.audiences,','",
            "quarkus.datasource.reactive.url,postgresql://db/app?sslmode=verify-full&sslrootcert=/not/there.pem",
            "proxy-keys.limit.remove.burst,x", "proxy-keys.limit.delete-all.per-minute,-1", "proxy-keys.limit.delete-all.burst,0" })
    void whatIsMalformedIsNamedInOneLine(String property, String value) {
        values.put(property, value);
        assertNamed(property);
    }

    @ParameterizedTest
    @CsvSource({ "quarkus.datasource.reactive.url,vertx-reactive:postgresql://db/app",
            "mp.jwt.verify.publickey.location,http://127.0.0.1:8000/jwks.json",
            "mp.jwt.verify.publickey.location,file:/not/there/yet.json", "mp.jwt.verify.publickey.location,HTTPS://issuer.example.com/k",
            "quarkus.datasource.reactive.url,'postgresql://one/app,postgresql://two/app'", "mp.jwt.verify.audiences,'a, b'",
            "proxy-keys.limit.delete-all.per-minute,0" })
    void whatIsUnusualButValidIsAccepted(String property, String value) {
        values.put(property, value);
        assertEquals(Optional.empty(), new Settings(values::get).mistake());
    }

    @Test
    void userAndPasswordInTheUrlAreEnough() {
        values.remove("quarkus.datasource.username");
        values.remove("quarkus.datasource.password");
        values.put("quarkus.datasource.reactive.url", "postgresql://user:secret@my_db/app");
        assertEquals(Optional.empty(), new Settings(values::get).mistake());
    }

    private void assertNamed(String property) {
        String variable = property.replaceAll("[.-]", "_").toUpperCase();
        String mistake = new Settings(values::get).mistake().orElseThrow();
        assertTrue(mistake.startsWith(variable + " "), mistake);
        assertEquals(1, mistake.lines().count());
    }
}
