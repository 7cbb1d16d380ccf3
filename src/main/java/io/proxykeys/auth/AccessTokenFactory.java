package io.proxykeys.auth;

import io.proxykeys.config.Settings;
import io.proxykeys.config.TokenSettings;
import io.proxykeys.signingkeys.Algorithm;
import io.proxykeys.signingkeys.VerificationKeys;
import io.smallrye.jwt.auth.principal.JWTAuthContextInfo;
import io.smallrye.jwt.auth.principal.JWTCallerPrincipal;
import io.smallrye.jwt.auth.principal.JWTCallerPrincipalFactory;
import io.smallrye.jwt.auth.principal.ParseException;
import jakarta.annotation.Priority;
import jakarta.enterprise.inject.Alternative;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.security.Key;
import java.util.Arrays;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jose4j.jwt.consumer.InvalidJwtException;
import org.jose4j.jwt.consumer.JwtConsumer;

/**
 * Reads and verifies a token for {@link io.smallrye.jwt.auth.principal.JWTParser}, in place of the extension's own factory
 * (<a href="https://quarkus.io/guides/security-jwt#custom-factories">Quarkus, Using JWT RBAC, Custom factories</a>), which makes a
 * new set of rules for every token, downloads keys while a request waits, and does not know the rules of {@link TokenRules}.
 */
@Alternative
@Priority(1)
@Singleton
class AccessTokenFactory extends JWTCallerPrincipalFactory {

    /** How far the clocks of issuer and function may be apart. */
    private static final int LEEWAY_SECONDS = 30;

    private final Set<String> clientIds;
    private final JwtConsumer rules;

    @Inject
    AccessTokenFactory(VerificationKeys keys, TokenSettings tokens, Settings own) {
        this.clientIds = names(own.clientIds());
        TokenRules configured = new TokenRules(tokens.issuer().orElse("").strip(), names(tokens.audiences()), clientIds,
                keys.algorithms(), LEEWAY_SECONDS);
        this.rules = configured.consumer(keys);
    }

    /**
     * Verifies a token.
     *
     * @param context settings to use instead of those of the function, if it brings the key to verify the token with
     * @throws ParseException if it is not valid; the cause says why
     */
    @Override
    public JWTCallerPrincipal parse(String token, JWTAuthContextInfo context) throws ParseException {
        Key key = context.getPublicVerificationKey();
        JwtConsumer consumer = key == null ? rules : rules(context).consumer((jws, nesting) -> key);
        try {
            return new VerifiedToken(token, consumer.process(token).getJwtClaims());
        } catch (InvalidJwtException e) {
            throw new ParseException("not a valid access token", e);
        }
    }

    private static Set<String> names(Optional<String> list) {
        return Arrays.stream(list.orElse("").split(",")).map(String::strip).filter(name -> !name.isEmpty())
                .collect(Collectors.toUnmodifiableSet());
    }

    private TokenRules rules(JWTAuthContextInfo context) {
        return new TokenRules(context.getIssuedBy(), context.getExpectedAudience(), clientIds,
                context.getSignatureAlgorithm().stream().map(one -> Algorithm.of(one.getAlgorithm()).orElseThrow())
                        .collect(Collectors.toSet()),
                LEEWAY_SECONDS);
    }
}
