package io.proxykeys.dev;

import io.proxykeys.signingkeys.SigningKeySource;
import io.quarkus.arc.profile.IfBuildProfile;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.List;
import org.jose4j.json.JsonUtil;
import org.jose4j.jwk.JsonWebKey;
import org.jose4j.jwk.JsonWebKeySet;
import org.jose4j.jwk.RsaJsonWebKey;
import org.jose4j.jwk.RsaJwkGenerator;
import org.jose4j.jws.AlgorithmIdentifiers;
import org.jose4j.jws.JsonWebSignature;
import org.jose4j.jwt.JwtClaims;
import org.jose4j.lang.JoseException;

/**
 * Development only: a signing key, and the tokens it signs. It is kept in memory, and for as long as the process lives: a token that was
 * exported in a terminal is good after a restart by the key {@code s}, too.
 */
@Singleton
@IfBuildProfile("dev")
class DemoKeySource implements SigningKeySource {

    /** A restart makes all classes anew, so that a static field would be empty again. */
    private static final String KEPT = "proxy-keys.demo-key";

    private final RsaJsonWebKey key;

    DemoKeySource() {
        try {
            String kept = System.getProperty(KEPT);
            key = kept == null ? RsaJwkGenerator.generateJwk(2048) : new RsaJsonWebKey(JsonUtil.parseJson(kept));
            key.setKeyId("demo");
            System.setProperty(KEPT, key.toJson(JsonWebKey.OutputControlLevel.INCLUDE_PRIVATE));
        } catch (JoseException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public Uni<String> document() {
        return Uni.createFrom().item(new JsonWebKeySet(List.of(key)).toJson());
    }

    String token(String issuer, String audience, String account, String scope, Duration validity) {
        JwtClaims claims = new JwtClaims();
        claims.setIssuer(issuer);
        claims.setAudience(audience);
        claims.setSubject(account);
        claims.setClaim("scope", scope);
        claims.setClaim("client_id", "quickstart");
        claims.setIssuedAtToNow();
        claims.setExpirationTimeMinutesInTheFuture((float) validity.toMinutes());
        JsonWebSignature jws = new JsonWebSignature();
        jws.setPayload(claims.toJson());
        jws.setKey(key.getPrivateKey());
        jws.setKeyIdHeaderValue(key.getKeyId());
        jws.setHeader("typ", "at+jwt");
        jws.setAlgorithmHeaderValue(AlgorithmIdentifiers.RSA_USING_SHA256);
        try {
            return jws.getCompactSerialization();
        } catch (JoseException e) {
            throw new IllegalStateException(e);
        }
    }
}
