package io.proxykeys.access;

import io.smallrye.jwt.algorithm.SignatureAlgorithm;
import io.smallrye.jwt.util.KeyUtils;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.PublicKey;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.util.List;
import org.jose4j.jwk.JsonWebKey;
import org.jose4j.jwk.JsonWebKeySet;
import org.jose4j.jws.JsonWebSignature;
import org.jose4j.jwx.JsonWebStructure;
import org.jose4j.keys.resolvers.JwksVerificationKeyResolver;
import org.jose4j.keys.resolvers.VerificationKeyResolver;
import org.jose4j.lang.JoseException;
import org.jose4j.lang.UnresolvableKeyException;

/**
 * The public keys that tokens may be signed with: a JSON Web Key Set
 * (<a href="https://www.rfc-editor.org/rfc/rfc7517#section-5">RFC 7517, section 5</a>) or a single public key or
 * certificate in PEM (<a href="https://www.rfc-editor.org/rfc/rfc7468">RFC 7468</a>).
 *
 * <p>Only RSA and EC keys are kept: a symmetric key has no place in a document that is public.
 */
public final class KeySet implements VerificationKeyResolver {

    private final VerificationKeyResolver resolver;

    private KeySet(VerificationKeyResolver resolver) {
        this.resolver = resolver;
    }

    /**
     * Reads a key document.
     *
     * @throws IllegalArgumentException if it is neither a key set with at least one RSA or EC key nor a public key in PEM
     */
    public static KeySet parse(String document) {
        String text = document.strip();
        return new KeySet(text.startsWith("{") ? ofJwks(text) : ofPem(text));
    }

    @Override
    public Key resolveKey(JsonWebSignature jws, List<JsonWebStructure> nesting) throws UnresolvableKeyException {
        return resolver.resolveKey(jws, nesting);
    }

    private static VerificationKeyResolver ofJwks(String json) {
        List<JsonWebKey> keys;
        try {
            keys = new JsonWebKeySet(json).getJsonWebKeys().stream()
                    .filter(key -> key.getKey() instanceof RSAPublicKey || key.getKey() instanceof ECPublicKey)
                    .toList();
        } catch (JoseException | RuntimeException e) {
            throw new IllegalArgumentException("not a JSON Web Key Set", e);
        }
        if (keys.isEmpty()) {
            throw new IllegalArgumentException("the key set has no RSA or EC public key");
        }
        JwksVerificationKeyResolver resolver = new JwksVerificationKeyResolver(keys);
        // A token without kid, and several keys that fit: the one that verifies it.
        resolver.setDisambiguateWithVerifySignature(true);
        return resolver;
    }

    private static VerificationKeyResolver ofPem(String pem) {
        PublicKey key = decode(pem);
        return (jws, nesting) -> key;
    }

    private static PublicKey decode(String pem) {
        try {
            if (pem.startsWith("-----BEGIN CERTIFICATE-----")) {
                return KeyUtils.decodeCertificate(pem);
            }
            if (pem.startsWith("-----BEGIN PUBLIC KEY-----")) {
                return decodePublicKey(pem);
            }
        } catch (GeneralSecurityException | RuntimeException e) {
            throw new IllegalArgumentException("not a public key or certificate in PEM", e);
        }
        throw new IllegalArgumentException("neither a JSON Web Key Set nor a public key or certificate in PEM");
    }

    private static PublicKey decodePublicKey(String pem) throws GeneralSecurityException {
        try {
            return KeyUtils.decodePublicKey(pem, SignatureAlgorithm.RS256);
        } catch (GeneralSecurityException notRsa) {
            return KeyUtils.decodePublicKey(pem, SignatureAlgorithm.ES256);
        }
    }
}
