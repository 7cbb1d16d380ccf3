package io.proxykeys.revocation;

import io.proxykeys.log.LogEvent;
import io.proxykeys.log.Metric;
import java.time.Instant;
import org.jboss.logging.Logger;

/**
 * One line for each revocation and suspension, for each repeat of one, and for each alert about a key that does not live. It names up to
 * 100 of the deleted keys, so that they can be deleted again in a database that is restored from before. A repeat has no metrics: it is
 * not counted twice.
 */
public final class RevocationLog {

    private static final Logger LOG = Logger.getLogger("revocation");

    private RevocationLog() {
    }

    /** The line of a person's revocation, or of a repeat of one. */
    static void write(RevocationRequest request, Receipt receipt) {
        asked(line(receipt, request.caller().account(), "request", request.operation(), request.blockNewKeysSeconds()), request).info(LOG);
    }

    /** The same for an alert; and a line if it names a key that is not live: by its identifier, or the first 8 digits of its hash. */
    static void write(AlertRequest request, AlertResult result) {
        if (result instanceof AlertResult.Done done) {
            LogEvent line = line(done.receipt(), done.account(), "alert", done.operation(), request.blockNewKeysSeconds());
            aged(line, done.receipt().replayed(), request).info(LOG);
        } else if (result instanceof AlertResult.Suspended done) {
            LogEvent line = line(done.suspension(), done.account(), "alert", done.operation(), request.blockNewKeysSeconds())
                    .with("keys_spared", done.suspension().spared());
            aged(line, done.suspension().replayed(), request).info(LOG);
        } else if (result instanceof AlertResult.UnknownKey unknown && request.target() instanceof AlertTarget.Key named) {
            reported(LogEvent.of("unknown_leaked_key", "An alert names a key that is not live (deleted, or never ours)")
                    .with("key", named.key().forLog())
                    .with("was_key", unknown.wasKey())
                    .count(Metric.UNKNOWN_LEAKED_KEYS), request)
                    .info(LOG);
        }
    }

    /** The line of a person's suspension. */
    public static void write(RevocationRequest request, Suspension suspension) {
        asked(line(suspension, request.caller().account(), "request", request.operation(), request.blockNewKeysSeconds()), request).info(
                LOG);
    }

    private static LogEvent line(Suspension suspension, String account, String trigger, String operation, int blockSeconds) {
        LogEvent line = suspension.replayed() ? LogEvent.of("suspension_replayed", "Suspension repeated: nothing was changed")
                : LogEvent.of("proxy_keys_suspended", "Proxy keys suspended").measure(Metric.KEYS_SUSPENDED, suspension.suspended());
        return line.with("suspension_id", suspension.id().toString())
                .with("account_id", account)
                .with("trigger", trigger)
                .with("operation", operation)
                .with("keys_suspended", suspension.suspended())
                .with("block_new_keys_seconds", blockSeconds);
    }

    private static LogEvent asked(LogEvent line, RevocationRequest request) {
        return line.with("name_prefix", request.namePrefix().orElse(null))
                .with("requested_by", request.caller().client())
                .with("subject", request.caller().subject());
    }

    private static LogEvent aged(LogEvent line, boolean replayed, AlertRequest request) {
        if (!replayed) {
            line.measure(Metric.ALERT_AGE, Math.max(0, Instant.now().toEpochMilli() - request.createdUntil().toEpochMilli()));
        }
        return reported(line, request);
    }

    private static LogEvent line(Receipt receipt, String account, String trigger, String operation, int blockSeconds) {
        LogEvent line = receipt.replayed() ? LogEvent.of("revocation_replayed", "Revocation repeated: nothing was changed")
                : LogEvent.of("proxy_keys_revoked", "Proxy keys revoked");
        line.with("revocation_id", receipt.id().toString())
                .with("account_id", account)
                .with("trigger", trigger)
                .with("operation", operation)
                .with("keys_deleted", receipt.deleted())
                .with("keys_spared", receipt.spared())
                .with("credits_returned", receipt.creditsReturned());
        if (!receipt.replayed()) {
            line.with("key_ids", receipt.keyIds())
                    .with("block_new_keys_seconds", blockSeconds)
                    .measure(Metric.KEYS_DELETED, receipt.deleted())
                    .measure(Metric.CREDITS_RETURNED, receipt.creditsReturned())
                    .count(Metric.REVOCATIONS).by("trigger", "operation");
        }
        return line;
    }

    private static LogEvent reported(LogEvent line, AlertRequest request) {
        return line.with("requested_by", request.requestedBy()).with("reported_by", request.reportedBy().orElse(null));
    }
}
