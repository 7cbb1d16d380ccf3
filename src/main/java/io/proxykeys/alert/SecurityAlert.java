package io.proxykeys.alert;

import com.fasterxml.jackson.databind.JsonNode;
import io.proxykeys.json.TextRules;
import io.proxykeys.json.WholeNumbers;
import io.proxykeys.key.Sha256;
import io.proxykeys.revocation.AlertRequest;
import io.proxykeys.revocation.AlertTarget;
import io.proxykeys.revocation.FreeText;
import io.proxykeys.revocation.RevocationRequest;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A security alert: an EventBridge event
 * (<a href="https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html">AWS</a>) of our own source, read
 * strictly. What is not understood is refused, so that it ends up in the failure queue and not forgotten.
 *
 * @param id of the envelope: the same alert delivered again has the same
 * @param target what is to be deleted; stated, never guessed
 * @param suspends whether keys are suspended and not deleted: for an alert that is not confirmed yet
 * @param source of the event
 * @param incidentId the publisher's own name of the incident; it takes the place of the envelope's id
 * @param reportedBy who found the key, at most 64 characters
 * @param reason at most 255 characters
 * @param url where the key was found
 * @param detectedAt keys made after it are spared, but the one that is named ({@link DetectionTime})
 * @param blockNewKeysSeconds how long no new key may be created, from 0 to 3600
 */
public record SecurityAlert(String id, AlertTarget target, boolean suspends, String source, Optional<String> incidentId,
        Optional<String> reportedBy,
        Optional<String> reason, Optional<String> url, Instant detectedAt, int blockNewKeysSeconds) {

    public static final String SOURCE = "proxy-keys.security";
    private static final String KEY_COMPROMISED = "Proxy Key Compromised";
    public static final Set<String> DETAIL_TYPES = Set.of(KEY_COMPROMISED, "Account Compromised");

    private static final int MAX_ID = 512;
    private static final int MAX_INCIDENT = 255;
    private static final int MAX_REASON = 255;
    private static final int MAX_REPORTER = 64;

    /**
     * Reads an envelope.
     *
     * @throws InvalidAlert saying what is wrong with it
     */
    static SecurityAlert of(Envelope envelope, Clock clock) {
        String source = EventText.text(envelope.source(), "source").orElse("");
        String detailType = EventText.text(envelope.detailType(), "detail-type").orElse("");
        if (!SOURCE.equals(source) || !DETAIL_TYPES.contains(detailType)) {
            throw new InvalidAlert("the source and detail-type are not those of an alert");
        }
        String id = EventText.text(envelope.id(), "id").orElse("");
        if (id.isEmpty() || id.length() > MAX_ID || id.chars().anyMatch(Character::isISOControl) || !TextRules.isStorable(id)) {
            throw new InvalidAlert("id must be a text of 1 to " + MAX_ID + " characters");
        }
        JsonNode detail = envelope.detail();
        if (!detail.isObject()) {
            throw new InvalidAlert("detail must be an object");
        }
        return new SecurityAlert(id, NamedTarget.of(detail, detailType.equals(KEY_COMPROMISED)), suspends(detail), source,
                incident(detail),
                EventText.free(detail.get("reported_by"), MAX_REPORTER), EventText.free(detail.get("reason"), MAX_REASON), url(detail),
                detectedAt(envelope, clock.instant()), block(detail));
    }

    /** What the database is asked for. */
    AlertRequest request() {
        return new AlertRequest(RevocationRequest.newId(), target, suspends, dedupeKey(), source, reportedBy, reason, url, detectedAt,
                blockNewKeysSeconds);
    }

    /** The id of the envelope as it is, for an alert without any of the members that came later. */
    private String dedupeKey() {
        String incident = incidentId.orElse(id);
        String reporter = reportedBy.orElse("");
        if (target instanceof AlertTarget.Key key) {
            return AlertRequest.dedupeKeyOfKeyAlert(incident, reporter, key.wholeAccount(), suspends);
        }
        if (suspends) {
            return Sha256.ofAll(List.of(incident, reporter, AlertRequest.SUSPENDS));
        }
        return incidentId.isEmpty() && reportedBy.isEmpty() ? id : Sha256.ofAll(List.of(incident, reporter));
    }

    private static boolean suspends(JsonNode detail) {
        String action = EventText.choice(detail, "action").orElse("delete");
        if (!action.equals("delete") && !action.equals("suspend")) {
            throw new InvalidAlert("detail.action must be delete or suspend");
        }
        return action.equals("suspend");
    }

    private static Optional<String> incident(JsonNode detail) {
        Optional<String> incident = EventText.text(detail.get("incident_id"), "detail.incident_id");
        if (incident.filter(text -> !TextRules.isStorable(text) || !TextRules.hasLength(text, MAX_INCIDENT)).isPresent()) {
            throw new InvalidAlert("detail.incident_id must be a text of 1 to " + MAX_INCIDENT + " characters");
        }
        return incident;
    }

    private static Optional<String> url(JsonNode detail) {
        JsonNode url = detail.get("url");
        return url != null && url.isTextual() ? FreeText.url(url.textValue()) : Optional.empty();
    }

    private static int block(JsonNode detail) {
        JsonNode seconds = detail.get("block_new_keys_seconds");
        if (seconds == null || seconds.isNull()) {
            return 0;
        }
        return WholeNumbers.upTo(RevocationRequest.LONGEST_BLOCK_SECONDS, seconds).orElseThrow(() -> new InvalidAlert(
                "detail.block_new_keys_seconds must be a whole number from 0 to " + RevocationRequest.LONGEST_BLOCK_SECONDS));
    }

    private static Instant detectedAt(Envelope envelope, Instant now) {
        String time = EventText.text(envelope.detail().get("detected_at"), "detail.detected_at")
                .or(() -> EventText.text(envelope.time(), "time"))
                .orElseThrow(() -> new InvalidAlert("neither detail.detected_at nor time says when it was detected"));
        return DetectionTime.parse(time, now);
    }
}
