package io.proxykeys.revocation;

import io.proxykeys.key.Sha256;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * What an alert wants revoked. Never limited: each is urgent.
 *
 * @param id the receipt's id, as in {@link RevocationRequest#id}
 * @param target what it names
 * @param suspends whether keys are suspended and not deleted
 * @param dedupeKey what makes it the same alert; for one that names a key, the database adds the key, so that it is the same
 *                  whether it is named by its secret or by its identifier
 * @param requestedBy the source of the event, or {@code github}
 * @param reportedBy who found the key, at most 64 characters
 * @param reason at most 255 characters
 * @param url where the key was found, at most 2,048 characters
 * @param createdUntil keys made later are spared, but the one that is named
 * @param blockNewKeysSeconds how long no new key may be created, from 0
 */
public record AlertRequest(UUID id, AlertTarget target, boolean suspends, String dedupeKey, String requestedBy, Optional<String> reportedBy,
        Optional<String> reason, Optional<String> url, Instant createdUntil, int blockNewKeysSeconds) {

    /** In a digest, the difference between an alert that suspends and the same one that deletes. */
    public static final String SUSPENDS = "suspend";

    /**
     * What makes an alert that names a key the same, however it is reported: by an event, or by GitHub.
     *
     * @param incident the publisher's own name of it
     * @param reporter who found the key; empty: not said
     * @param wholeAccount whether the owner's other keys go too
     * @param suspends whether keys are suspended and not deleted
     */
    public static String dedupeKeyOfKeyAlert(String incident, String reporter, boolean wholeAccount, boolean suspends) {
        String scope = wholeAccount ? "account" : "key";
        return Sha256.ofAll(suspends ? List.of(incident, reporter, scope, SUSPENDS) : List.of(incident, reporter, scope));
    }
}
