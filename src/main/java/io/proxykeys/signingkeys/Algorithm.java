package io.proxykeys.signingkeys;

import java.security.Key;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.EdECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jose4j.keys.EllipticCurves;

/**
 * The algorithms that access tokens may be signed with, by the names of JSON Web Algorithms
 * (<a href="https://www.rfc-editor.org/rfc/rfc7518#section-3.1">RFC 7518, section 3.1</a>, and
 * <a href="https://www.rfc-editor.org/rfc/rfc8037#section-3.1">RFC 8037, section 3.1</a>). {@code HS256} and the like are none of
 * them, because a key that both sides know has no place in a document that is public; {@code none} is no signature.
 */
public enum Algorithm {

    RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EDDSA;

    /** The smallest RSA key that these algorithms may be used with (RFC 7518, section 3.3). */
    private static final int RSA_BITS = 2048;

    /** The algorithm of this name, as it stands in a token or a key; empty for every other text. */
    public static Optional<Algorithm> of(String name) {
        return Arrays.stream(values()).filter(algorithm -> algorithm.joseName().equals(name)).findFirst();
    }

    /**
     * Reads a setting: names separated by commas. If it is not set, or blank, {@link #RS256} and {@link #ES256} are accepted.
     *
     * @throws IllegalArgumentException if one of them is not the name of an algorithm
     */
    public static Set<Algorithm> accepted(Optional<String> setting) {
        Set<Algorithm> accepted = EnumSet.noneOf(Algorithm.class);
        for (String name : setting.filter(names -> !names.isBlank()).orElse("RS256,ES256").split(",", -1)) {
            accepted.add(of(name.strip()).orElseThrow(() -> new IllegalArgumentException("must be names separated by commas, out of "
                    + Arrays.stream(values()).map(Algorithm::joseName).collect(Collectors.joining(", ")))));
        }
        return accepted;
    }

    /** The value of {@code alg}. */
    public String joseName() {
        return this == EDDSA ? "EdDSA" : name();
    }

    /** Whether this kind of public key can verify signatures of this algorithm. */
    public boolean fits(Key key) {
        return switch (this) {
            case RS256, RS384, RS512, PS256, PS384, PS512 ->
                key instanceof RSAPublicKey rsa && rsa.getModulus().bitLength() >= RSA_BITS;
            case ES256 -> isOnCurve(key, EllipticCurves.P_256);
            case ES384 -> isOnCurve(key, EllipticCurves.P_384);
            case ES512 -> isOnCurve(key, EllipticCurves.P_521);
            case EDDSA -> key instanceof EdECPublicKey edwards && edwards.getParams().getName().equals("Ed25519");
        };
    }

    private static boolean isOnCurve(Key key, String curve) {
        return key instanceof ECPublicKey elliptic && curve.equals(EllipticCurves.getName(elliptic.getParams().getCurve()));
    }

    @Override
    public String toString() {
        return joseName();
    }
}
