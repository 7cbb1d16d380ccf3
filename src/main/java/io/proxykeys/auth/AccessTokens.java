package io.proxykeys.auth;

import io.proxykeys.account.AccountId;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jose4j.jwa.AlgorithmConstraints.ConstraintType;
import org.jose4j.jwt.JwtClaims;
import org.jose4j.jwt.MalformedClaimException;
import org.jose4j.jwt.NumericDate;
import org.jose4j.jwt.consumer.ErrorCodeValidator.Error;
import org.jose4j.jwt.consumer.ErrorCodes;
import org.jose4j.jwt.consumer.InvalidJwtException;
import org.jose4j.jwt.consumer.JwtConsumer;
import org.jose4j.jwt.consumer.JwtConsumerBuilder;
import org.jose4j.jwt.consumer.JwtContext;
import org.jose4j.keys.resolvers.VerificationKeyResolver;

/**
 * Verifies access tokens: JWTs (<a href="https://www.rfc-editor.org/rfc/rfc7519">RFC 7519</a>) as OAuth 2.0 access tokens
 * (<a href="https://www.rfc-editor.org/rfc/rfc9068">RFC 9068</a>) by the rules of
 * <a href="https://www.rfc-editor.org/rfc/rfc8725">RFC 8725</a>.
 *
 * <p>Accepted: signature RS256 or ES256 by a key of the configured set (never one the token brings along), our issuer and
 * audience, {@code exp} present, {@code exp}, {@code nbf} and {@code iat} with {@value #LEEWAY_SECONDS} seconds of leeway,
 * {@code typ} of {@code JWT}, {@code at+jwt} or absent, {@code sub} an account id.
 */
@Singleton
public class AccessTokens {

    /** Setting: who issues access tokens, the exact value of their {@code iss}. */
    public static final String ISSUER = "mp.jwt.verify.issuer";

    /** Setting: whom access tokens are for, the values of {@code aud} that are accepted, separated by commas. */
    public static final String AUDIENCES = "mp.jwt.verify.audiences";

    /** How far the clocks of issuer and function may be apart. */
    static final int LEEWAY_SECONDS = 30;

    private static final Set<String> TYPES = Set.of("jwt", "at+jwt");
    /** Errors whose messages quote the token, which has no place in a log. */
    private static final Set<Integer> QUOTES_TOKEN = Set.of(ErrorCodes.SIGNATURE_INVALID, ErrorCodes.SIGNATURE_MISSING,
            ErrorCodes.MISCELLANEOUS, ErrorCodes.JSON_INVALID);
    private static final int OUR_RULE = -1;
    private static final String SCHEME = "bearer ";
    private static final int MAX_TOKEN = 8192;

    private final VerificationKeys keys;
    private final JwtConsumer rules;

    @Inject
    AccessTokens(VerificationKeys keys, @ConfigProperty(name = ISSUER) String issuer,
            @ConfigProperty(name = AUDIENCES) List<String> audiences) {
        this.keys = keys;
        this.rules = rules(keys, issuer.strip(), audiences.stream().map(String::strip).toArray(String[]::new));
    }

    /** What every token has to obey. */
    static JwtConsumer rules(VerificationKeyResolver keys, String issuer, String... audiences) {
        return new JwtConsumerBuilder()
                .setVerificationKeyResolver(keys)
                .setJwsAlgorithmConstraints(ConstraintType.PERMIT, VerificationKeys.ALGORITHMS.toArray(String[]::new))
                .setExpectedIssuer(true, issuer)
                .setExpectedAudience(true, audiences)
                .setRequireExpirationTime()
                .setAllowedClockSkewInSeconds(LEEWAY_SECONDS)
                .setRequireSubject()
                .registerValidator(AccessTokens::checkCritical)
                .registerValidator(AccessTokens::checkType)
                .registerValidator(AccessTokens::checkIssuedAt)
                .registerValidator(AccessTokens::checkSubject)
                .build();
    }

    /**
     * Verifies the credentials of a request.
     *
     * @param authorization every {@code Authorization} value of the request, as delivered
     * @return the caller; fails with {@link NoToken}, {@link InvalidToken} or {@link NoKeySet}
     */
    public Uni<Caller> verify(List<String> authorization) {
        return Uni.createFrom().deferred(() -> {
            String token = bearerToken(authorization);
            return keys.ready().map(ready -> caller(token))
                    .onFailure(NotOurKey.class).recoverWithUni(stranger -> keys.renewed().map(renewed -> {
                        if (renewed) {
                            return caller(token);
                        }
                        throw (NotOurKey) stranger;
                    }))
                    .onFailure(NotOurKey.class).transform(stranger -> new InvalidToken(stranger.getMessage()));
        });
    }

    /** Lets the caller pass if the token has the scope; throws {@link InsufficientScope} otherwise. */
    public void requireScope(Caller caller, String scope) {
        if (!caller.scopes().contains(scope)) {
            throw new InsufficientScope(scope);
        }
    }

    private static String bearerToken(List<String> authorization) {
        if (authorization.isEmpty() || !authorization.get(0).toLowerCase(Locale.ROOT).startsWith(SCHEME)) {
            throw new NoToken();
        }
        String token = withoutBlanks(authorization.get(0), SCHEME.length());
        if (token.isEmpty()) {
            throw new NoToken();
        }
        // Checked here, because jose4j skips over what is not base64url. The gateway joins repeated headers with commas, and
        // no token contains one: two credentials are none.
        if (authorization.size() > 1 || token.length() > MAX_TOKEN || !isCompact(token)) {
            throw new InvalidToken("not one JWT of at most " + MAX_TOKEN + " characters");
        }
        return token;
    }

    /** What comes after {@code start}, without the blanks around it (RFC 9110, section 11.4). */
    private static String withoutBlanks(String text, int start) {
        int from = start;
        int to = text.length();
        while (from < to && text.charAt(from) == ' ') {
            from++;
        }
        while (to > from && text.charAt(to - 1) == ' ') {
            to--;
        }
        return text.substring(from, to);
    }

    /**
     * Three parts in base64url (RFC 7515, section 3.1), none of them empty. A regular expression took longer than reading the
     * claims.
     */
    private static boolean isCompact(String token) {
        int parts = 1;
        int partStart = 0;
        for (int i = 0; i < token.length(); i++) {
            char c = token.charAt(i);
            if (c == '.' && i > partStart) {
                parts++;
                partStart = i + 1;
            } else if (!isBase64Url(c)) {
                return false;
            }
        }
        return parts == 3 && partStart < token.length();
    }

    private static boolean isBase64Url(char c) {
        return c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-' || c == '_';
    }

    private Caller caller(String token) {
        try {
            JwtClaims claims = rules.process(token).getJwtClaims();
            return new Caller(claims.getSubject(), scopes(claims), client(claims));
        } catch (InvalidJwtException e) {
            if (e.getCause() instanceof VerificationKeys.NoSuchKey) {
                throw new NotOurKey("no known key fits the token");
            }
            if (e.hasErrorCode(ErrorCodes.SIGNATURE_INVALID)) {
                throw new NotOurKey("the signature is not that of the key");
            }
            throw new InvalidToken(reasons(e));
        } catch (MalformedClaimException e) {
            throw new InvalidToken("a claim is of the wrong type");
        }
    }

    /** For the log: which rules were broken, without the claims that the exception's own message would bring along. */
    private static String reasons(InvalidJwtException e) {
        String reasons = e.getErrorDetails().stream()
                .map(error -> QUOTES_TOKEN.contains(error.getErrorCode()) ? "malformed, or no valid signature" : error.getErrorMessage())
                .collect(Collectors.joining("; "))
                .replaceAll("\\p{Cntrl}", " ");
        return reasons.substring(0, Math.min(reasons.length(), 300));
    }

    private static Set<String> scopes(JwtClaims claims) {
        return claims.getClaimValue("scope") instanceof String scope ? Arrays.stream(scope.split(" "))
                .filter(value -> !value.isEmpty()).collect(Collectors.toUnmodifiableSet()) : Set.of();
    }

    private static String client(JwtClaims claims) {
        for (String claim : List.of("azp", "client_id")) {
            if (claims.getClaimValue(claim) instanceof String name && AccountId.isValid(name)) {
                return name;
            }
        }
        return null;
    }

    /** An extension that must be understood (RFC 7515, section 4.1.11) is refused, since none is defined for access tokens. */
    private static Error checkCritical(JwtContext context) {
        return context.getJoseObjects().get(0).getHeaders().getObjectHeaderValue("crit") == null ? null
                : new Error(OUR_RULE, "extensions (crit) are not understood");
    }

    private static Error checkType(JwtContext context) {
        String type = context.getJoseObjects().get(0).getHeader("typ");
        if (type == null) {
            return null;
        }
        // RFC 7515, section 4.1.9: compared without regard to case, "application/" may be left out.
        String name = type.toLowerCase(Locale.ROOT);
        return TYPES.contains(name.startsWith("application/") ? name.substring("application/".length()) : name) ? null
                : new Error(OUR_RULE, "the type (typ) is not that of an access token");
    }

    private static Error checkIssuedAt(JwtContext context) throws MalformedClaimException {
        NumericDate issuedAt = context.getJwtClaims().getIssuedAt();
        return issuedAt == null || issuedAt.getValue() <= NumericDate.now().getValue() + LEEWAY_SECONDS ? null
                : new Error(OUR_RULE, "issued in the future");
    }

    private static Error checkSubject(JwtContext context) throws MalformedClaimException {
        String subject = context.getJwtClaims().getSubject();
        return subject == null || AccountId.isValid(subject) ? null : new Error(OUR_RULE, "the subject (sub) is not an account id");
    }

    /** No key we know fits the token, or not with this signature; the source may have another key by now. */
    private static final class NotOurKey extends RuntimeException {
        NotOurKey(String message) {
            super(message, null, false, false);
        }
    }
}
