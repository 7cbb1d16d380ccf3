package io.proxykeys.auth;

import io.proxykeys.config.Settings;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.security.Key;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.jboss.logging.Logger;
import org.jose4j.jws.AlgorithmIdentifiers;
import org.jose4j.jws.JsonWebSignature;
import org.jose4j.jwx.JsonWebStructure;
import org.jose4j.keys.resolvers.VerificationKeyResolver;
import org.jose4j.lang.UnresolvableKeyException;

/**
 * The keys known at the moment, fetched before the first request and renewed when a token was not signed by one of them, or
 * after {@value #MAX_AGE_MINUTES} minutes, so that a key that was withdrawn does not stay.
 *
 * <p>A token can name any key it likes, so at most one fetch a minute is made for it. A source that does not answer locks
 * out nobody whose key is known; only while no key is known at all are requests answered 503.
 */
@Singleton
public class VerificationKeys implements VerificationKeyResolver {

    static final int MAX_AGE_MINUTES = 10;

    private static final Logger LOG = Logger.getLogger(VerificationKeys.class);
    private static final Duration MAX_AGE = Duration.ofMinutes(MAX_AGE_MINUTES);
    private static final Duration BETWEEN_FIRST_FETCHES = Duration.ofSeconds(2);
    /** What tokens may be signed with. */
    static final Set<String> ALGORITHMS = Set.of(AlgorithmIdentifiers.RSA_USING_SHA256,
            AlgorithmIdentifiers.ECDSA_USING_P256_CURVE_AND_SHA256);

    private final KeySource source;
    private final Duration betweenFetches;
    private volatile Known known;
    private volatile long attemptedAt;

    private record Known(KeySet keys, long since) {
    }

    @Inject
    VerificationKeys(KeySource source, Settings settings) {
        this.source = source;
        this.betweenFetches = settings.betweenKeyFetches();
    }

    /** Fetches the keys for the first time. Does not fail: a source that does not answer is logged, and asked again when it is needed. */
    public Uni<Void> prime() {
        return fetch().replaceWithVoid();
    }

    /** Completes when there are keys to verify with; fails with {@link NoKeySet} while there are none. */
    Uni<Void> ready() {
        if (hasNone()) {
            return fetchAfter(BETWEEN_FIRST_FETCHES).invoke(this::requireKeys).replaceWithVoid();
        }
        return elapsed(known.since) < MAX_AGE.toNanos() ? Uni.createFrom().voidItem()
                : fetchAfter(betweenFetches).invoke(this::requireKeys).replaceWithVoid();
    }

    /** Asks the source again, unless it was asked within the last minute; {@code true} when that brought an answer. */
    Uni<Boolean> renewed() {
        return fetchAfter(betweenFetches).invoke(this::requireKeys);
    }

    @Override
    public Key resolveKey(JsonWebSignature jws, List<JsonWebStructure> nesting) throws UnresolvableKeyException {
        // Refused here and not after the look-up, so that a token with alg "none" cannot cause a fetch.
        if (!ALGORITHMS.contains(jws.getAlgorithmHeaderValue())) {
            throw new UnresolvableKeyException("algorithm not allowed");
        }
        try {
            return known.keys.resolveKey(jws, nesting);
        } catch (UnresolvableKeyException e) {
            throw new NoSuchKey(e);
        }
    }

    private Uni<Boolean> fetchAfter(Duration pause) {
        return elapsed(attemptedAt) < pause.toNanos() ? Uni.createFrom().item(false) : fetch();
    }

    private Uni<Boolean> fetch() {
        attemptedAt = System.nanoTime();
        return source.document()
                .map(KeySet::parse)
                .invoke(keys -> known = new Known(keys, System.nanoTime()))
                .replaceWith(true)
                .onFailure().invoke(failure -> LOG.errorf("The keys of %s could not be had: %s", source, failure))
                .onFailure().recoverWithItem(false);
    }

    /** A source that withdraws every key means it. */
    private boolean hasNone() {
        return known == null || known.keys.isEmpty();
    }

    private void requireKeys() {
        if (hasNone()) {
            throw new NoKeySet();
        }
    }

    private static long elapsed(long since) {
        return System.nanoTime() - since;
    }

    /** No known key fits the token. */
    static final class NoSuchKey extends UnresolvableKeyException {
        NoSuchKey(UnresolvableKeyException cause) {
            super(cause.getMessage(), cause);
        }
    }
}
