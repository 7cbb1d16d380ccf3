package io.proxykeys.auth;

import io.proxykeys.account.AccountId;
import io.proxykeys.config.Settings;
import io.proxykeys.signingkeys.Algorithm;
import io.proxykeys.signingkeys.NoKeySet;
import io.proxykeys.signingkeys.VerificationKeys;
import io.smallrye.jwt.auth.principal.JWTParser;
import io.smallrye.jwt.auth.principal.ParseException;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.security.GeneralSecurityException;
import java.util.List;
import java.util.Optional;
import org.eclipse.microprofile.jwt.JsonWebToken;
import org.jose4j.jwt.consumer.ErrorCodes;
import org.jose4j.jwt.consumer.InvalidJwtException;

/** Verifies the access token of a request by {@link TokenRules}, and reads out of its claims who calls and with which scopes. */
@Singleton
public class AccessTokens {

    private static final ClaimPath SUBJECT = ClaimPath.parse("sub");
    private static final List<String> CLIENT_CLAIMS = List.of("azp", "client_id", "cid", "appid");

    private final VerificationKeys keys;
    private final JWTParser parser;
    private final Optional<ClaimPath> scopeClaim;
    private final String scopePrefix;
    private final ClaimPath accountClaim;

    @Inject
    AccessTokens(VerificationKeys keys, JWTParser parser, Settings settings) {
        this.keys = keys;
        this.parser = parser;
        this.scopeClaim = settings.scopeClaim().map(ClaimPath::parse);
        this.scopePrefix = settings.scopePrefix().map(String::strip).orElse("");
        this.accountClaim = settings.accountClaim().map(ClaimPath::parse).orElse(SUBJECT);
    }

    /**
     * Verifies the credentials of a request.
     *
     * @param authorization every {@code Authorization} value of the request, as delivered
     * @param scope what the token has to allow, without the prefix of the issuer; several, with spaces between them: all of them
     * @return the caller; fails with {@link NoToken}, {@link InvalidToken}, {@link InsufficientScope} or {@link NoKeySet}
     */
    public Uni<Caller> verify(List<String> authorization, String scope) {
        return Uni.createFrom().deferred(() -> {
            String token = BearerToken.of(authorization);
            return keys.ready().map(ready -> verified(token))
                    .onFailure(NotOurKey.class).recoverWithUni(stranger -> keys.renewed().map(renewed -> {
                        if (renewed) {
                            return verified(token);
                        }
                        throw stranger;
                    }))
                    .onFailure(NotOurKey.class).transform(stranger -> new InvalidToken(stranger.getMessage()))
                    .map(verified -> caller(verified, prefixed(scope)));
        });
    }

    /**
     * Verifies a throw-away token by all the rules there are, so that the first request finds ready what that takes: RS256, or ES256
     * where only that is accepted. Needs neither the key set nor the database.
     *
     * @throws IllegalStateException if the token is not valid, which is a mistake in {@link PrimingToken}
     */
    public void prime() {
        boolean elliptic = keys.algorithms().contains(Algorithm.ES256) && !keys.algorithms().contains(Algorithm.RS256);
        PrimingToken priming = elliptic ? PrimingToken.ES256 : PrimingToken.RS256;
        try {
            parser.parse(priming.token(), priming.context());
        } catch (ParseException | GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private JsonWebToken verified(String token) {
        try {
            return parser.parse(token);
        } catch (ParseException e) {
            throw e.getCause() instanceof InvalidJwtException invalid ? refusal(invalid) : new InvalidToken("malformed");
        }
    }

    private static RuntimeException refusal(InvalidJwtException invalid) {
        if (invalid.getCause() instanceof VerificationKeys.AlgorithmNotAccepted algorithm) {
            return new InvalidToken(algorithm.getMessage());
        }
        if (invalid.getCause() instanceof VerificationKeys.NoSuchKey) {
            return new NotOurKey("no known key fits the token");
        }
        return invalid.hasErrorCode(ErrorCodes.SIGNATURE_INVALID) ? new NotOurKey("the signature is not that of the key")
                : new InvalidToken(TokenRules.broken(invalid));
    }

    private Caller caller(JsonWebToken token, String scope) {
        if (!(accountClaim.in(token) instanceof String account && AccountId.isValid(account))) {
            throw new InvalidToken("the claim " + accountClaim + " is not an account id: it " + ClaimPath.describe(accountClaim.in(token))
                    + ". PROXY_KEYS_TOKEN_ACCOUNT_CLAIM names the claim to read, a string of 1 to 255 characters");
        }
        Caller caller = new Caller(account, client(token), nameIn(token, "sub"));
        GrantedScopes granted = scopeClaim.map(claim -> GrantedScopes.at(claim, token, organisation(account)))
                .orElseGet(() -> GrantedScopes.usual(token));
        if (!granted.values().containsAll(List.of(scope.split(" ", -1)))) {
            throw new InsufficientScope(scope, granted, caller);
        }
        return caller;
    }

    private String prefixed(String scope) {
        return scopePrefix + scope.replace(" ", " " + scopePrefix);
    }

    /** An account that is not the person who calls is the organisation that has to have granted the scopes. */
    private String organisation(String account) {
        return accountClaim.equals(SUBJECT) ? null : account;
    }

    private static String client(JsonWebToken token) {
        for (String claim : CLIENT_CLAIMS) {
            String name = nameIn(token, claim);
            if (name != null) {
                return name;
            }
        }
        return null;
    }

    private static String nameIn(JsonWebToken token, String claim) {
        return token.getClaim(claim) instanceof String name && AccountId.isValid(name) ? name : null;
    }

    /** No key we know fits the token, or not with this signature; the source may have another key by now. */
    private static final class NotOurKey extends RuntimeException {
        NotOurKey(String message) {
            super(message, null, false, false);
        }
    }
}
