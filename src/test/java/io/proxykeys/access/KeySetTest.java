package io.proxykeys.access;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.proxykeys.harness.Issuer;
import java.security.Key;
import java.util.List;
import org.jose4j.jwk.OctJwkGenerator;
import org.jose4j.jws.JsonWebSignature;
import org.jose4j.lang.UnresolvableKeyException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Key documents */
class KeySetTest {

    private static final Issuer ISSUER = Issuer.shared();

    @Test
    void aKeyIsFoundByItsId() throws Exception {
        KeySet keys = KeySet.parse(Issuer.jwks(List.of(ISSUER.rsa, ISSUER.secondRsa, ISSUER.ec)));

        assertEquals(ISSUER.secondRsa.getPublicKey(), keys.resolveKey(signature("RS256", "rsa-2"), List.of()));
        assertEquals(ISSUER.ec.getPublicKey(), keys.resolveKey(signature("ES256", "ec-1"), List.of()));
    }

    @Test
    void aKeyOfAnotherTypeIsNotTaken() {
        KeySet keys = KeySet.parse(Issuer.jwks(List.of(ISSUER.rsa, ISSUER.ec)));

        assertThrows(UnresolvableKeyException.class, () -> keys.resolveKey(signature("ES256", "rsa-1"), List.of()));
    }

    @Test
    void anRsaKeyInPemServesEveryKeyId() throws Exception {
        KeySet keys = KeySet.parse(Issuer.pem(ISSUER.rsa.getPublicKey()));

        assertEquals(ISSUER.rsa.getPublicKey(), keys.resolveKey(signature("RS256", "any"), List.of()));
    }

    @Test
    void anEcKeyInPemIsRead() throws Exception {
        Key key = KeySet.parse(Issuer.pem(ISSUER.ec.getPublicKey())).resolveKey(signature("ES256", null), List.of());

        assertEquals(ISSUER.ec.getPublicKey(), key);
    }

    @Test
    void symmetricKeysAreNotTaken() {
        assertThrows(IllegalArgumentException.class,
                () -> KeySet.parse("{\"keys\":[" + OctJwkGenerator.generateJwk(256).toJson(
                        org.jose4j.jwk.JsonWebKey.OutputControlLevel.INCLUDE_SYMMETRIC) + "]}"));
    }

    @ParameterizedTest
    @ValueSource(strings = { "", "{}", "{\"keys\":[]}", "{\"keys\":7}", "{", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----",
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", "<html>", "key" })
    void anythingElseIsRefused(String document) {
        assertThrows(IllegalArgumentException.class, () -> KeySet.parse(document));
    }

    private static JsonWebSignature signature(String algorithm, String kid) {
        JsonWebSignature jws = new JsonWebSignature();
        jws.setAlgorithmHeaderValue(algorithm);
        if (kid != null) {
            jws.setKeyIdHeaderValue(kid);
        }
        return jws;
    }
}
