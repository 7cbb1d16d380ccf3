package io.proxykeys.signingkeys;

import io.proxykeys.config.Settings;
import io.proxykeys.config.TokenSettings;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.security.Key;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jboss.logging.Logger;
import org.jose4j.jws.JsonWebSignature;
import org.jose4j.jwx.JsonWebStructure;
import org.jose4j.keys.resolvers.VerificationKeyResolver;
import org.jose4j.lang.UnresolvableKeyException;

/**
 * The keys that are known, fetched before the first request and renewed when a token was not signed by one of them, or
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

    private final SigningKeySource source;
    private final Set<Algorithm> algorithms;
    private final SigningKeyCache<SigningKeySet> kept;
    /** The keys that were left out of the last key set, so that they are logged once. */
    private volatile Optional<String> known = Optional.empty();

    @Inject
    public VerificationKeys(SigningKeySource source, Settings settings, TokenSettings tokens) {
        this.source = source;
        this.algorithms = Algorithm.accepted(tokens.algorithms());
        this.kept = new SigningKeyCache<>(source, this::fetch, SigningKeySet::isEmpty, MAX_AGE, settings.betweenKeyFetches());
    }

    /** What tokens may be signed with. */
    public Set<Algorithm> algorithms() {
        return algorithms;
    }

    /** Fetches the keys for the first time. Does not fail: a source that does not answer is logged, and asked again when it is needed. */
    public Uni<Void> prime() {
        return kept.fetch().replaceWithVoid();
    }

    /** Completes when there are keys to verify with; fails with {@link NoKeySet} while there are none. */
    public Uni<Void> ready() {
        return kept.ready();
    }

    /** Asks the source again, unless it was asked within the last minute; {@code true} when that brought an answer. */
    public Uni<Boolean> renewed() {
        return kept.renewed();
    }

    @Override
    public Key resolveKey(JsonWebSignature jws, List<JsonWebStructure> nesting) throws UnresolvableKeyException {
        // Refused here and not after the look-up, so that a token with alg "none" cannot cause a fetch.
        if (Algorithm.of(jws.getAlgorithmHeaderValue()).filter(algorithms::contains).isEmpty()) {
            throw new AlgorithmNotAccepted(jws.getAlgorithmHeaderValue(), algorithms);
        }
        try {
            return kept.known().orElseThrow(NoKeySet::new).resolveKey(jws, nesting);
        } catch (UnresolvableKeyException e) {
            throw new NoSuchKey(e);
        }
    }

    private Uni<SigningKeySet> fetch() {
        return source.document().map(document -> SigningKeySet.parse(document, algorithms)).invoke(this::logUnusable);
    }

    private void logUnusable(SigningKeySet keys) {
        Optional<String> leftOut = keys.leftOut();
        if (keys.isEmpty()) {
            LOG.error(leftOut.map(kinds -> "No key of the key set from " + source + " can be used: it holds " + kinds + ", and"
                    + " MP_JWT_VERIFY_PUBLICKEY_ALGORITHM accepts " + algorithms)
                    .orElse("The key set from " + source
                            + " is empty: no token can be verified until the provider publishes a key there, or"
                            + " MP_JWT_VERIFY_PUBLICKEY_LOCATION is that of the keys it signs with"));
        } else if (leftOut.isPresent() && !leftOut.equals(known)) {
            LOG.infof("Keys of the key set from %s are left out: %s. A key is used if its use is sig, its key_ops has verify and its alg is"
                    + " one of %s, each as far as it is there", source, leftOut.get(), algorithms);
        }
        known = leftOut;
    }

    /** The message names the algorithm, if it looks like one. */
    public static final class AlgorithmNotAccepted extends UnresolvableKeyException {
        AlgorithmNotAccepted(String algorithm, Set<Algorithm> accepted) {
            super("signed with " + (algorithm != null && algorithm.matches("[A-Za-z0-9-]{1,20}") ? algorithm : "an unknown algorithm")
                    + ", which is not one of " + accepted);
        }
    }

    /** No known key fits the token. */
    public static final class NoSuchKey extends UnresolvableKeyException {
        NoSuchKey(UnresolvableKeyException cause) {
            super(cause.getMessage(), cause);
        }
    }
}
