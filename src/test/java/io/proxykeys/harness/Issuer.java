package io.proxykeys.harness;

import java.security.Key;
import java.security.PublicKey;
import java.util.Base64;
import java.util.List;
import java.util.function.Consumer;
import org.jose4j.jwa.AlgorithmConstraints;
import org.jose4j.jwk.EcJwkGenerator;
import org.jose4j.jwk.EllipticCurveJsonWebKey;
import org.jose4j.jwk.JsonWebKey;
import org.jose4j.jwk.JsonWebKeySet;
import org.jose4j.jwk.PublicJsonWebKey;
import org.jose4j.jwk.RsaJsonWebKey;
import org.jose4j.jwk.RsaJwkGenerator;
import org.jose4j.jws.AlgorithmIdentifiers;
import org.jose4j.jws.JsonWebSignature;
import org.jose4j.jwt.JwtClaims;
import org.jose4j.keys.EllipticCurves;
import org.jose4j.lang.JoseException;

/** Issues real tokens, good and bad, with keys made for this test run. */
public final class Issuer {

    public static final String NAME = "https://issuer.test/";
    public static final String AUDIENCE = "proxy-keys";
    public static final String DELETE = "proxy_keys:delete";
    public static final String CREATE = "proxy_keys:create";
    public static final String READ = "proxy_keys:read";
    public static final String WRITE = "proxy_keys:write";

    private static Issuer shared;

    public final RsaJsonWebKey rsa = rsaKey("rsa-1");
    public final RsaJsonWebKey secondRsa = rsaKey("rsa-2");
    public final EllipticCurveJsonWebKey ec = ecKey("ec-1");
    /** Not in the key set, until a test puts it there. */
    public final RsaJsonWebKey stranger = rsaKey("stranger");
    private final KeyServer keyServer = new KeyServer(jwks(List.of(rsa, secondRsa, ec)));

    /** The one issuer of this test run. */
    public static synchronized Issuer shared() {
        if (shared == null) {
            shared = new Issuer();
        }
        return shared;
    }

    /** Where the public keys are published. */
    public KeyServer keyServer() {
        return keyServer;
    }

    /** A good token: RS256, every scope, valid for five minutes. */
    public String token(String account) {
        return token(account, String.join(" ", READ, WRITE, DELETE, CREATE));
    }

    public String token(String account, String scope) {
        return sign(rsa, AlgorithmIdentifiers.RSA_USING_SHA256, claims(account, scope), jws -> {});
    }

    public static JwtClaims claims(String account, String scope) {
        JwtClaims claims = new JwtClaims();
        claims.setIssuer(NAME);
        claims.setAudience(AUDIENCE);
        claims.setSubject(account);
        claims.setIssuedAtToNow();
        claims.setExpirationTimeMinutesInTheFuture(5);
        claims.setClaim("client_id", "test-client");
        if (scope != null) {
            claims.setClaim("scope", scope);
        }
        return claims;
    }

    public static String sign(PublicJsonWebKey key, String algorithm, JwtClaims claims, Consumer<JsonWebSignature> change) {
        return sign(key.getPrivateKey(), key.getKeyId(), algorithm, claims.toJson(), change);
    }

    public static String sign(Key key, String kid, String algorithm, String payload, Consumer<JsonWebSignature> change) {
        JsonWebSignature jws = new JsonWebSignature();
        jws.setAlgorithmConstraints(AlgorithmConstraints.NO_CONSTRAINTS);
        jws.setDoKeyValidation(false);
        jws.setAlgorithmHeaderValue(algorithm);
        jws.setKey(key);
        if (kid != null) {
            jws.setKeyIdHeaderValue(kid);
        }
        jws.setPayload(payload);
        change.accept(jws);
        try {
            return jws.getCompactSerialization();
        } catch (JoseException e) {
            throw new IllegalStateException(e);
        }
    }

    public static String pem(PublicKey key) {
        return "-----BEGIN PUBLIC KEY-----\n" + Base64.getMimeEncoder(64, new byte[] { '\n' })
                .encodeToString(key.getEncoded()) + "\n-----END PUBLIC KEY-----\n";
    }

    public static String jwks(List<? extends JsonWebKey> keys) {
        return new JsonWebKeySet(keys).toJson(JsonWebKey.OutputControlLevel.PUBLIC_ONLY);
    }

    /** Keys a, b and c, which do not verify tokens: for encryption, for wrapping keys, and for an algorithm that is not accepted. */
    public static List<RsaJsonWebKey> notForTokens() {
        RsaJsonWebKey forEncryption = rsaKey("a");
        forEncryption.setUse("enc");
        RsaJsonWebKey forWrapping = rsaKey("b");
        forWrapping.setKeyOps(List.of("wrapKey"));
        RsaJsonWebKey forAnotherAlgorithm = rsaKey("c");
        forAnotherAlgorithm.setAlgorithm("PS512");
        return List.of(forEncryption, forWrapping, forAnotherAlgorithm);
    }

    public static RsaJsonWebKey rsaKey(String kid) {
        try {
            RsaJsonWebKey key = RsaJwkGenerator.generateJwk(2048);
            key.setKeyId(kid);
            return key;
        } catch (JoseException e) {
            throw new IllegalStateException(e);
        }
    }

    private static EllipticCurveJsonWebKey ecKey(String kid) {
        try {
            EllipticCurveJsonWebKey key = EcJwkGenerator.generateJwk(EllipticCurves.P256);
            key.setKeyId(kid);
            return key;
        } catch (JoseException e) {
            throw new IllegalStateException(e);
        }
    }
}
