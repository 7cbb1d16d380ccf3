package io.proxykeys.connection;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.proxykeys.harness.Accounts;
import io.proxykeys.harness.Gateway;
import io.proxykeys.harness.Issuer;
import io.proxykeys.harness.NativeFunction;
import io.proxykeys.harness.Postgres;
import io.proxykeys.harness.TlsFront;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code sslmode=verify-full} in the native function: the certificate's issuer and host name are checked. */
class TlsIT {

    private static final Issuer ISSUER = Issuer.shared();

    @TempDir
    Path folder;

    @Test
    void aTrustedCertificateForTheHostIsAccepted() throws IOException {
        try (TlsFront front = new TlsFront(Postgres.shared().port(), "localhost", folder)) {
            assertEquals(200, deleteAll(front, front.certificate()));
        }
    }

    @Test
    void theAuthorityMayBeOneOfABundle() throws IOException {
        try (TlsFront front = new TlsFront(Postgres.shared().port(), "localhost", folder);
                TlsFront other = new TlsFront(Postgres.shared().port(), "other.test", folder)) {
            Path bundle = Files.writeString(folder.resolve("bundle.pem"), "# of all regions\n" + Files.readString(other.certificate())
                    + Files.readString(front.certificate()));
            assertEquals(200, deleteAll(front, bundle));
        }
    }

    @Test
    void theCertificateAuthorityMayBeNamedInTheUrl() throws IOException {
        try (TlsFront front = new TlsFront(Postgres.shared().port(), "localhost", folder);
                TlsFront other = new TlsFront(Postgres.shared().port(), "other.test", folder)) {
            assertEquals(200, deleteAll(front, "&sslrootcert=" + front.certificate(), Map.of()));
            assertEquals(503, deleteAll(front, "&sslrootcert=" + other.certificate(), Map.of()));
        }
    }

    @Test
    void aCertificateThatIsNotTrustedIsRefused() throws IOException {
        try (TlsFront front = new TlsFront(Postgres.shared().port(), "localhost", folder);
                TlsFront other = new TlsFront(Postgres.shared().port(), "other.test", folder)) {
            assertEquals(503, deleteAll(front, other.certificate()));
        }
    }

    @Test
    void aTrustedCertificateForAnotherHostIsRefused() throws IOException {
        try (TlsFront front = new TlsFront(Postgres.shared().port(), "other.test", folder)) {
            assertEquals(503, deleteAll(front, front.certificate()));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = { "no certificate", "-----BEGIN CERTIFICATE-----\nMIIB" })
    void aFileOfAuthoritiesThatCannotBeReadIsNamedInTheLog(String content) throws IOException {
        try (TlsFront front = new TlsFront(Postgres.shared().port(), "localhost", folder);
                NativeFunction function = start(front, "", trusting(Files.writeString(folder.resolve("authorities.pem"), content)))) {
            assertEquals(503, deleteAll(function));
            assertTrue(function.output().stream().anyMatch(line -> line.contains("The certificate authorities in " + folder.resolve(
                    "authorities.pem") + " cannot be read: ")), () -> function.output().toString());
        }
    }

    private static int deleteAll(TlsFront front, Path trusted) {
        return deleteAll(front, "", trusting(trusted));
    }

    private static Map<String, String> trusting(Path trusted) {
        return Map.of("QUARKUS_DATASOURCE_REACTIVE_TRUST_CERTIFICATE_PEM", "true",
                "QUARKUS_DATASOURCE_REACTIVE_TRUST_CERTIFICATE_PEM_CERTS", trusted.toString());
    }

    private static int deleteAll(TlsFront front, String parameter, Map<String, String> variables) {
        try (NativeFunction function = start(front, parameter, variables)) {
            return deleteAll(function);
        }
    }

    private static int deleteAll(NativeFunction function) {
        return function.invoke(Gateway.event("DELETE", "/v1/auth/proxy", "",
                Map.of("authorization", "Bearer " + ISSUER.token(Accounts.open("1"))))).status();
    }

    private static NativeFunction start(TlsFront front, String parameter, Map<String, String> variables) {
        Map<String, String> environment = NativeFunction.environment(front.port(), ISSUER.keyServer().location());
        environment.put("QUARKUS_DATASOURCE_REACTIVE_URL",
                "postgresql://localhost:" + front.port() + "/postgres?sslmode=verify-full" + parameter);
        environment.putAll(variables);
        return NativeFunction.start(environment).awaitFirstPoll();
    }
}
