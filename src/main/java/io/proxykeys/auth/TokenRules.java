package io.proxykeys.auth;

import io.proxykeys.signingkeys.Algorithm;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jose4j.jwa.AlgorithmConstraints.ConstraintType;
import org.jose4j.jwt.JwtClaims;
import org.jose4j.jwt.consumer.ErrorCodeValidator.Error;
import org.jose4j.jwt.consumer.ErrorCodes;
import org.jose4j.jwt.consumer.InvalidJwtException;
import org.jose4j.jwt.consumer.JwtConsumer;
import org.jose4j.jwt.consumer.JwtConsumerBuilder;
import org.jose4j.jwt.consumer.JwtContext;
import org.jose4j.keys.resolvers.VerificationKeyResolver;

/**
 * What every access token has to obey, whoever issued it: an OAuth 2.0 access token
 * (<a href="https://www.rfc-editor.org/rfc/rfc9068">RFC 9068</a>) that is a signed JWT
 * (<a href="https://www.rfc-editor.org/rfc/rfc7519">RFC 7519</a>), by the rules of
 * <a href="https://www.rfc-editor.org/rfc/rfc8725">RFC 8725</a>.
 *
 * <p>jose4j checks the signature, {@code iss}, {@code aud}, {@code exp} (required), {@code nbf} and {@code iat}. What it does not
 * know is checked here: that the token is no other kind of token, and the client if there is no audience.
 *
 * @param issuer the exact {@code iss}
 * @param audiences the accepted {@code aud}; may be empty
 * @param clientIds the {@code client_id} that are accepted in a token without {@code aud}; may be empty
 * @param algorithms what tokens may be signed with
 * @param leewaySeconds how far the clocks of issuer and function may be apart
 */
record TokenRules(String issuer, Set<String> audiences, Set<String> clientIds, Set<Algorithm> algorithms, int leewaySeconds) {

    private static final Set<String> HEADER_TYPES = Set.of("jwt", "at+jwt");
    /** Values of the claim {@code typ} by which Keycloak marks tokens that are not access tokens (those are {@code Bearer}). */
    private static final Set<String> OTHER_TOKENS = Set.of("id", "refresh", "logout");
    private static final int OUR_RULE = -1;

    JwtConsumer consumer(VerificationKeyResolver keys) {
        return new JwtConsumerBuilder()
                .setVerificationKeyResolver(keys)
                .setJwsAlgorithmConstraints(ConstraintType.PERMIT, algorithms.stream().map(Algorithm::joseName).toArray(String[]::new))
                .setExpectedIssuer(true, issuer)
                .setExpectedAudience(false, audiences.toArray(String[]::new))
                .setRequireExpirationTime()
                .setAllowedClockSkewInSeconds(leewaySeconds)
                .setIssuedAtRestrictions(0, Integer.MAX_VALUE)
                .registerValidator(TokenRules::checkHeader)
                .registerValidator(TokenRules::checkKind)
                .registerValidator(this::checkClient)
                .build();
    }

    private static Error checkHeader(JwtContext context) {
        if (context.getJoseObjects().size() > 1) {
            return new Error(OUR_RULE, "a token in a token");
        }
        // An extension that must be understood (RFC 7515, section 4.1.11); none is defined for access tokens.
        if (context.getJoseObjects().get(0).getHeaders().getObjectHeaderValue("crit") != null) {
            return new Error(OUR_RULE, "extensions (crit) are not understood");
        }
        return isAccessTokenType(context.getJoseObjects().get(0).getHeader("typ")) ? null
                : new Error(OUR_RULE, "the type in the header (typ) is not that of an access token");
    }

    /** RFC 7515, section 4.1.9: compared without regard to case, "application/" may be left out. */
    private static boolean isAccessTokenType(String type) {
        if (type == null) {
            return true;
        }
        String name = type.toLowerCase(Locale.ROOT);
        return HEADER_TYPES.contains(name.startsWith("application/") ? name.substring("application/".length()) : name);
    }

    /** Cognito ({@code token_use}) and Keycloak ({@code typ}) say in a claim what kind of token it is. */
    private static Error checkKind(JwtContext context) {
        JwtClaims claims = context.getJwtClaims();
        boolean anotherUse = claims.getClaimNames().contains("token_use") && !"access".equals(claims.getClaimValue("token_use"));
        boolean anotherType = claims.getClaimValue("typ") instanceof String type && OTHER_TOKENS.contains(type.toLowerCase(Locale.ROOT));
        return anotherUse || anotherType ? new Error(OUR_RULE, "not an access token (token_use, typ)") : null;
    }

    /** A token without audience, as of Cognito, is for us if it was issued to a client of ours. */
    private Error checkClient(JwtContext context) {
        JwtClaims claims = context.getJwtClaims();
        if (claims.hasAudience() || (claims.getClaimValue("client_id") instanceof String client && clientIds.contains(client))) {
            return null;
        }
        return new Error(OUR_RULE, "no audience (aud), and not issued to a known client (client_id)");
    }

    /** For the log: the rules that a token broke, and nothing that it says. The library's own messages quote the token. */
    static String broken(InvalidJwtException e) {
        return e.getErrorDetails().stream().map(error -> rule(error, e)).distinct().collect(Collectors.joining("; "));
    }

    /** RFC 7519, section 4.1. */
    private static String ofWrongType(JwtClaims claims) {
        return Stream.concat(
                Stream.of("iss", "sub", "jti").filter(name -> claims.hasClaim(name) && !(claims.getClaimValue(name) instanceof String)),
                Stream.of("exp", "nbf", "iat").filter(name -> claims.hasClaim(name) && !(claims.getClaimValue(name) instanceof Number)))
                .findFirst().orElse("aud");
    }

    private static String rule(Error error, InvalidJwtException refused) {
        return switch (error.getErrorCode()) {
            case OUR_RULE -> error.getErrorMessage();
            case ErrorCodes.EXPIRED -> "expired (exp)";
            case ErrorCodes.EXPIRATION_MISSING -> "no expiration time (exp)";
            case ErrorCodes.NOT_YET_VALID -> "not valid yet (nbf)";
            case ErrorCodes.ISSUED_AT_INVALID_FUTURE -> "issued in the future (iat)";
            case ErrorCodes.ISSUER_MISSING, ErrorCodes.ISSUER_INVALID -> "not from the configured issuer (iss)";
            case ErrorCodes.AUDIENCE_MISSING, ErrorCodes.AUDIENCE_INVALID -> "not for a configured audience (aud)";
            case ErrorCodes.MALFORMED_CLAIM -> "the claim " + ofWrongType(refused.getJwtContext().getJwtClaims()) + " is of the wrong type";
            case ErrorCodes.MISCELLANEOUS -> "malformed, or the times (exp, nbf, iat) contradict each other";
            default -> "malformed, or no valid signature";
        };
    }
}
