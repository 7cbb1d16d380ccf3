package io.proxykeys.revocation;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import jakarta.inject.Singleton;
import org.jboss.logging.Logger;

/**
 * One line for each revocation and each alert about a key that does not live, ending in a JSON object: CloudWatch Logs Insights discovers the fields of the first JSON
 * fragment of a line automatically
 * (<a href="https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_AnalyzeLogData-discoverable-fields.html">AWS</a>).
 * JSON also keeps a value that was chosen by a caller from starting a line of its own.
 */
@Singleton
class RevocationLog {

    private static final Logger LOG = Logger.getLogger("revocation");

    private final ObjectMapper json;

    RevocationLog(ObjectMapper json) {
        this.json = json;
    }

    /** A line if it was carried out, or was so before. */
    void write(RevocationRequest request, RevocationResult result) {
        if (result instanceof RevocationResult.Done done) {
            LOG.info(revoked(request.account(), request.trigger(), request.operation(), done.receipt(), request.awsRequestId()));
        }
    }

    /** The same; and a line if it names a key that does not live: the beginning of a hash, and never more of it. */
    void write(AlertRequest request, AlertResult result) {
        if (result instanceof AlertResult.Done done) {
            LOG.info(revoked(done.account(), "alert", done.wholeAccount() ? "all" : "one", done.receipt(), request.awsRequestId())
                    .put("requested_by", request.requestedBy())
                    .put("reported_by", request.reportedBy().orElse(null)));
        } else if (result instanceof AlertResult.UnknownKey unknown && request.target() instanceof AlertTarget.Key named) {
            LOG.info(json.createObjectNode()
                    .put("event", "unknown_leaked_key")
                    .put("sha256_begins", named.key().logName())
                    .put("was_key", unknown.wasKey())
                    .put("requested_by", request.requestedBy())
                    .put("reported_by", request.reportedBy().orElse(null))
                    .put("aws_request_id", request.awsRequestId()));
        }
    }

    private ObjectNode revoked(String account, String trigger, String operation, Receipt receipt, String awsRequestId) {
        return json.createObjectNode()
                .put("event", receipt.replayed() ? "revocation_replayed" : "proxy_keys_revoked")
                .put("revocation_id", receipt.id().toString())
                .put("account_id", account)
                .put("trigger", trigger)
                .put("operation", operation)
                .put("keys_deleted", receipt.deleted())
                .put("keys_spared", receipt.spared())
                .put("credits_returned", receipt.creditsReturned())
                .put("aws_request_id", awsRequestId);
    }
}
