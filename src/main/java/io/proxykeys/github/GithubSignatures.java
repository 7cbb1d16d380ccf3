package io.proxykeys.github;

import io.proxykeys.config.Settings;
import io.proxykeys.signingkeys.KeyLocation;
import io.proxykeys.signingkeys.NoKeySet;
import io.proxykeys.signingkeys.SigningKeyCache;
import io.proxykeys.signingkeys.SigningKeyDocuments;
import io.proxykeys.signingkeys.SigningKeySource;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.security.Signature;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Optional;

/**
 * Verifies that a report is GitHub's: ECDSA with P-256 and SHA-256 over the body as it was delivered. GitHub's keys are fetched when the
 * first report comes, and kept.
 */
@Singleton
class GithubSignatures {

    private static final Duration MAX_AGE = Duration.ofHours(1);
    private static final Duration BETWEEN_FETCHES = Duration.ofMinutes(10);

    /** Empty: there is no location, so no report is served. */
    private final Optional<SigningKeyCache<GithubKeySet>> keys;

    @Inject
    GithubSignatures(Settings settings, SigningKeyDocuments documents) {
        keys = settings.githubKeysLocation().map(KeyLocation::parse).map(location -> new SigningKeyCache<>(location,
                () -> documents.fetch(location, SigningKeySource.TIMEOUT).map(GithubKeySet::parseUsable), GithubKeySet::isEmpty, MAX_AGE,
                BETWEEN_FETCHES));
    }

    /** Whether reports can be verified at all in this deployment. */
    boolean areConfigured() {
        return keys.isPresent();
    }

    /**
     * Completes if one of GitHub's keys has signed the body. Fails with {@link InvalidSignature} if not, and with {@link NoKeySet} while
     * none of them is known.
     *
     * @param identifiers the values of the header that names the key
     * @param signatures the values of the header with the signature: base64 of the form of RFC 3279, section 2.2.3
     */
    Uni<Void> verify(List<String> identifiers, List<String> signatures, byte[] body) {
        if (identifiers.size() != 1 || signatures.size() != 1) {
            return Uni.createFrom().failure(new InvalidSignature("the report is not signed, or more than once"));
        }
        String identifier = identifiers.get(0);
        SigningKeyCache<GithubKeySet> kept = keys.orElseThrow();
        return kept.ready()
                .map(ready -> find(kept, identifier))
                .chain(key -> key.isPresent() ? Uni.createFrom().item(key) : kept.renewed().map(renewed -> find(kept, identifier)))
                .invoke(key -> verify(key.orElseThrow(() -> new InvalidSignature("the key that it names is not one of GitHub's")),
                        signatures.get(0), body))
                .replaceWithVoid();
    }

    private static Optional<PublicKey> find(SigningKeyCache<GithubKeySet> kept, String identifier) {
        return kept.known().flatMap(known -> known.find(identifier));
    }

    private static void verify(PublicKey key, String signature, byte[] body) {
        try {
            Signature verification = Signature.getInstance("SHA256withECDSA");
            verification.initVerify(key);
            verification.update(body);
            if (verification.verify(Base64.getDecoder().decode(signature))) {
                return;
            }
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            // What cannot be read is not a signature of this body.
        }
        throw new InvalidSignature("the signature is not one of this body");
    }

    /** The report is not GitHub's; the message is for the log. */
    static final class InvalidSignature extends RuntimeException {
        InvalidSignature(String message) {
            super(message, null, false, false);
        }
    }
}
