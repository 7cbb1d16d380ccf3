package io.proxykeys.signingkeys;

import io.smallrye.jwt.algorithm.SignatureAlgorithm;
import io.smallrye.jwt.util.KeyUtils;
import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.util.List;

/** A public key or certificate in PEM (<a href="https://www.rfc-editor.org/rfc/rfc7468">RFC 7468</a>), of whatever kind. */
public final class PemKey {

    private PemKey() {
    }

    /**
     * Reads a key or a certificate.
     *
     * @throws IllegalArgumentException if it is neither
     */
    public static PublicKey decode(String pem) {
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
        GeneralSecurityException unreadable = null;
        for (SignatureAlgorithm kind : List.of(SignatureAlgorithm.RS256, SignatureAlgorithm.ES256, SignatureAlgorithm.EDDSA)) {
            try {
                return KeyUtils.decodePublicKey(pem, kind);
            } catch (GeneralSecurityException e) {
                unreadable = e;
            }
        }
        throw unreadable;
    }
}
