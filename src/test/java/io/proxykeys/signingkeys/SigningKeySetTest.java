package io.proxykeys.signingkeys;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.proxykeys.harness.Issuer;
import java.security.Key;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jose4j.jwk.EcJwkGenerator;
import org.jose4j.jwk.JsonWebKey;
import org.jose4j.jwk.OctJwkGenerator;
import org.jose4j.jwk.OkpJwkGenerator;
import org.jose4j.jwk.PublicJsonWebKey;
import org.jose4j.jwk.RsaJsonWebKey;
import org.jose4j.jws.JsonWebSignature;
import org.jose4j.keys.EllipticCurves;
import org.jose4j.lang.UnresolvableKeyException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Key documents */
class SigningKeySetTest {

    private static final Issuer ISSUER = Issuer.shared();

    @Test
    void aKeyIsFoundByItsId() throws Exception {
        SigningKeySet keys = parse(Issuer.jwks(List.of(ISSUER.rsa, ISSUER.secondRsa, ISSUER.ec)));

        assertEquals(ISSUER.secondRsa.getPublicKey(), keys.resolveKey(signature("RS256", "rsa-2"), List.of()));
        assertEquals(ISSUER.ec.getPublicKey(), keys.resolveKey(signature("ES256", "ec-1"), List.of()));
    }

    @Test
    void aKeyOfAnotherTypeIsNotTaken() {
        SigningKeySet keys = parse(Issuer.jwks(List.of(ISSUER.rsa, ISSUER.ec)));

        assertThrows(UnresolvableKeyException.class, () -> keys.resolveKey(signature("ES256", "rsa-1"), List.of()));
    }

    @Test
    void anRsaKeyInPemServesEveryKeyId() throws Exception {
        SigningKeySet keys = parse(Issuer.pem(ISSUER.rsa.getPublicKey()));

        assertEquals(ISSUER.rsa.getPublicKey(), keys.resolveKey(signature("RS256", "any"), List.of()));
    }

    @Test
    void anEcKeyInPemIsRead() throws Exception {
        Key key = parse(Issuer.pem(ISSUER.ec.getPublicKey())).resolveKey(signature("ES256", null), List.of());

        assertEquals(ISSUER.ec.getPublicKey(), key);
    }

    @Test
    void keysThatAreNotForVerifyingTokensAreNotTaken() throws Exception {
        PublicJsonWebKey ofAnotherCurve = EcJwkGenerator.generateJwk(EllipticCurves.P384);
        List<PublicJsonWebKey> published = new ArrayList<>(Issuer.notForTokens());
        published.add(ofAnotherCurve);
        String symmetric = OctJwkGenerator.generateJwk(256).toJson(JsonWebKey.OutputControlLevel.INCLUDE_SYMMETRIC);

        assertTrue(parse(Issuer.jwks(published)).isEmpty());
        assertTrue(parse("{\"keys\":[" + symmetric + "]}").isEmpty());
        assertTrue(parse("{\"keys\":[]}").isEmpty());
        assertTrue(parse(Issuer.pem(ofAnotherCurve.getPublicKey())).isEmpty());
    }

    @Test
    void anEd25519KeyInPemIsReadIfItsAlgorithmIsAccepted() throws Exception {
        PublicJsonWebKey key = OkpJwkGenerator.generateJwk("Ed25519");

        SigningKeySet keys = SigningKeySet.parse(Issuer.pem(key.getPublicKey()), Set.of(Algorithm.EDDSA));

        assertEquals(key.getPublicKey(), keys.resolveKey(signature("EdDSA", null), List.of()));
    }

    @Test
    void theKindsOfKeysThatCannotBeUsedAreNamed() throws Exception {
        RsaJsonWebKey forEncryption = Issuer.rsaKey("a");
        forEncryption.setUse("enc");
        PublicJsonWebKey ofAnotherCurve = EcJwkGenerator.generateJwk(EllipticCurves.P384);

        assertEquals(Optional.of("RSA use enc, EC P-384"), parse(Issuer.jwks(List.of(forEncryption, ofAnotherCurve))).unusable());
        assertEquals(Optional.of("no key, oct alg HS256"), parse("{\"keys\":[7,{},{\"kty\":\"oct\",\"alg\":\"HS256\"}]}").unusable());
        assertEquals(Optional.of("EC"), parse(Issuer.pem(ofAnotherCurve.getPublicKey())).unusable());
        assertEquals(Optional.empty(), parse("{\"keys\":[]}").unusable());
        assertEquals(Optional.empty(), parse(Issuer.jwks(List.of(forEncryption, ISSUER.rsa))).unusable());
    }

    @Test
    void aKeyThatIsMeantForVerifyingTokensIsTaken() throws Exception {
        RsaJsonWebKey key = Issuer.rsaKey("a");
        key.setUse("sig");
        key.setAlgorithm("RS256");
        key.setKeyOps(List.of("verify"));

        SigningKeySet keys = parse(Issuer.jwks(List.of(key)));

        assertFalse(keys.isEmpty());
        assertEquals(key.getPublicKey(), keys.resolveKey(signature("RS256", "a"), List.of()));
    }

    @ParameterizedTest
    @ValueSource(strings = { "", "{}", "{\"keys\":7}", "{", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----",
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", "<html>", "key" })
    void anythingElseIsRefused(String document) {
        assertThrows(IllegalArgumentException.class, () -> parse(document));
    }

    private static SigningKeySet parse(String document) {
        return SigningKeySet.parse(document, Set.of(Algorithm.RS256, Algorithm.ES256));
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
