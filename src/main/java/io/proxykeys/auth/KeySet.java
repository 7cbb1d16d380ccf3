package io.proxykeys.auth;

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
import org.jose4j.jwk.KeyOperations;
import org.jose4j.jwk.Use;
import org.jose4j.jws.AlgorithmIdentifiers;
import org.jose4j.jws.JsonWebSignature;
import org.jose4j.jwx.JsonWebStructure;
import org.jose4j.keys.EllipticCurves;
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
    private final boolean empty;

    private KeySet(VerificationKeyResolver resolver, boolean empty) {
        this.resolver = resolver;
        this.empty = empty;
    }

    /**
     * Reads a key document.
     *
     * @throws IllegalArgumentException if it is neither a key set nor a public key or certificate in PEM
     */
    public static KeySet parse(String document) {
        String text = document.strip();
        return text.startsWith("{") ? ofJwks(text) : ofPem(text);
    }

    /** Whether there is no key in it that could verify a token: a valid document, as of an issuer that withdrew all its keys. */
    public boolean isEmpty() {
        return empty;
    }

    @Override
    public Key resolveKey(JsonWebSignature jws, List<JsonWebStructure> nesting) throws UnresolvableKeyException {
        return resolver.resolveKey(jws, nesting);
    }

    private static KeySet ofJwks(String json) {
        List<JsonWebKey> keys;
        try {
            keys = new JsonWebKeySet(json).getJsonWebKeys().stream().filter(KeySet::verifiesTokens).toList();
        } catch (JoseException | RuntimeException e) {
            throw new IllegalArgumentException("not a JSON Web Key Set", e);
        }
        JwksVerificationKeyResolver resolver = new JwksVerificationKeyResolver(keys);
        // A token without kid, and several keys that fit: the one that verifies it.
        resolver.setDisambiguateWithVerifySignature(true);
        return new KeySet(resolver, keys.isEmpty());
    }

    /** RFC 8725, section 3.1: a key is used with one algorithm, and for what it was published for. */
    private static boolean verifiesTokens(JsonWebKey key) {
        String algorithm = algorithm(key.getKey());
        return algorithm != null
                && (key.getAlgorithm() == null || key.getAlgorithm().equals(algorithm))
                && (key.getUse() == null || key.getUse().equals(Use.SIGNATURE))
                && (key.getKeyOps() == null || key.getKeyOps().contains(KeyOperations.VERIFY));
    }

    /** The algorithm that tokens are signed with by this kind of key; {@code null} if there is none. */
    private static String algorithm(Key key) {
        if (key instanceof RSAPublicKey) {
            return AlgorithmIdentifiers.RSA_USING_SHA256;
        }
        return key instanceof ECPublicKey curve && curve.getParams().getCurve().equals(EllipticCurves.P256.getCurve())
                ? AlgorithmIdentifiers.ECDSA_USING_P256_CURVE_AND_SHA256 : null;
    }

    private static KeySet ofPem(String pem) {
        PublicKey key = decode(pem);
        if (algorithm(key) == null) {
            throw new IllegalArgumentException("neither an RSA key nor one of the curve P-256");
        }
        return new KeySet((jws, nesting) -> key, false);
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
