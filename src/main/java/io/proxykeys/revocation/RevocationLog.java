package io.proxykeys.revocation;

import io.proxykeys.log.LogEvent;
import io.proxykeys.log.Metric;
import jakarta.inject.Singleton;
import java.time.Instant;
import org.jboss.logging.Logger;

/**
 * One line for each revocation, and for each repeat of one. It names up to 100 of the deleted keys, so that a database that is restored
 * from before can be told which have to go again. What was told once is not counted again: only the first has metrics.
 */
@Singleton
class RevocationLog {

    private static final Logger LOG = Logger.getLogger("revocation");

    /** A line if it was carried out, or was so before. */
    void write(RevocationRequest request, RevocationResult result) {
        if (result instanceof RevocationResult.Done done) {
            line(request, done.receipt()).info(LOG);
        }
    }

    private static LogEvent line(RevocationRequest request, Receipt receipt) {
        LogEvent line = receipt.replayed() ? LogEvent.of("revocation_replayed", "Revocation repeated: nothing was changed")
                : LogEvent.of("proxy_keys_revoked", "Proxy keys revoked");
        line.with("revocation_id", receipt.id().toString())
                .with("account_id", request.account())
                .with("trigger", request.trigger())
                .with("operation", request.operation())
                .with("requested_by", request.requestedBy().orElse(null))
                .with("keys_deleted", receipt.deleted())
                .with("keys_spared", receipt.spared())
                .with("credits_returned", receipt.creditsReturned())
                .with("aws_request_id", request.awsRequestId());
        if (!receipt.replayed()) {
            line.with("key_ids", receipt.keyIds())
                    .with("block_new_keys_seconds", request.blockNewKeysSeconds())
                    .measure(Metric.KEYS_DELETED, receipt.deleted())
                    .measure(Metric.CREDITS_RETURNED, receipt.creditsReturned())
                    .count(Metric.REVOCATIONS).by("trigger", "operation");
            request.createdUntil().ifPresent(detected -> line.measure(Metric.ALERT_AGE,
                    Math.max(0, Instant.now().toEpochMilli() - detected.toEpochMilli())));
        }
        return line;
    }
}
