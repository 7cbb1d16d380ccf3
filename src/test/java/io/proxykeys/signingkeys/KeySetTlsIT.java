package io.proxykeys.signingkeys;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.proxykeys.harness.Accounts;
import io.proxykeys.harness.Gateway;
import io.proxykeys.harness.Issuer;
import io.proxykeys.harness.KeyServer;
import io.proxykeys.harness.NativeFunction;
import io.proxykeys.harness.Postgres;
import io.proxykeys.harness.TestCertificate;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A key set over https in the native function: who signed the certificate and whom it is for is checked. */
class KeySetTlsIT {

    private static final String CANNOT_FETCH = "Cannot fetch the key set from https://localhost:";

    @TempDir
    Path folder;

    @Test
    void aPrivateAuthorityIsTrustedIfItIsNamed() {
        TestCertificate certificate = new TestCertificate("localhost", folder);
        deleteAll(certificate, Map.of("QUARKUS_TLS_TRUST_STORE_PEM_CERTS", certificate.pem().toString()), 200, "");
    }

    @Test
    void anAuthorityThatNobodyKnowsIsRefusedAndTheLogSaysWhy() {
        deleteAll(new TestCertificate("localhost", folder), Map.of(), 503, "unable to find valid certification path to requested target");
    }

    @Test
    void aCertificateForAnotherHostIsRefusedAndTheLogSaysWhy() {
        TestCertificate certificate = new TestCertificate("other.test", folder);
        deleteAll(certificate, Map.of("QUARKUS_TLS_TRUST_STORE_PEM_CERTS", certificate.pem().toString()), 503,
                "No subject alternative DNS name matching localhost found");
    }

    @Test
    void aListOfRevokedCertificatesThatWouldBeIgnoredIsNotReliedOn() throws Exception {
        TestCertificate certificate = new TestCertificate("localhost", folder);
        Path list = Files.writeString(folder.resolve("revoked.crl"), "nothing");
        deleteAll(certificate, Map.of("QUARKUS_TLS_TRUST_STORE_PEM_CERTS", certificate.pem().toString(),
                "QUARKUS_TLS_CERTIFICATE_REVOCATION_LIST", list.toString()), 503,
                "QUARKUS_TLS_CERTIFICATE_REVOCATION_LIST cannot be used for it");
    }

    @Test
    void aDeadAddressBesideALivingOneIsPassedOver() throws Exception {
        TestCertificate certificate = new TestCertificate("keys.test", folder);
        Issuer issuer = Issuer.shared();
        byte[] living = new byte[16];
        living[15] = 1;
        KeyServer keys = new KeyServer(Issuer.jwks(List.of(issuer.rsa)), certificate.tls(), InetAddress.getByAddress(living));
        Path hosts = Files.writeString(folder.resolve("hosts"), "127.0.0.1 localhost\n127.0.0.2 keys.test\n::1 keys.test\n");
        Map<String, String> environment = NativeFunction.environment(Postgres.shared().port(),
                keys.location().replace("localhost", "keys.test"));
        environment.put("QUARKUS_TLS_TRUST_STORE_PEM_CERTS", certificate.pem().toString());
        try (NativeFunction function = NativeFunction.start(environment, hosts).awaitFirstPoll()) {
            Gateway.Result answer = function.invoke(Gateway.deleteAll(issuer.token(Accounts.open("1"))));

            assertEquals(200, answer.status(), () -> answer.body() + function.output());
        }
    }

    private static void deleteAll(TestCertificate certificate, Map<String, String> variables, int status, String logged) {
        Issuer issuer = Issuer.shared();
        KeyServer keys = new KeyServer(Issuer.jwks(List.of(issuer.rsa)), certificate.tls());
        Map<String, String> environment = NativeFunction.environment(Postgres.shared().port(), keys.location());
        environment.putAll(variables);
        try (NativeFunction function = NativeFunction.start(environment).awaitFirstPoll()) {
            assertEquals(status, function.invoke(Gateway.deleteAll(issuer.token(Accounts.open("1")))).status());
            String output = String.join("\n", function.output());
            assertTrue(output.contains(logged), output);
            assertEquals(status == 503, output.contains(CANNOT_FETCH), output);
        }
    }
}
