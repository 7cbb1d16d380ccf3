package io.proxykeys.revocation;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import jakarta.inject.Singleton;
import org.jboss.logging.Logger;

/**
 * One line for each revocation, ending in a JSON object: CloudWatch Logs Insights discovers the fields of the first JSON
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
            revoked(request, done.receipt());
        }
    }

    private void revoked(RevocationRequest request, Receipt receipt) {
        ObjectNode line = json.createObjectNode()
                .put("event", receipt.replayed() ? "revocation_replayed" : "proxy_keys_revoked")
                .put("revocation_id", receipt.id().toString())
                .put("account_id", request.account())
                .put("trigger", request.trigger())
                .put("operation", request.operation())
                .put("keys_deleted", receipt.deleted())
                .put("keys_spared", receipt.spared())
                .put("credits_returned", receipt.creditsReturned())
                .put("aws_request_id", request.awsRequestId());
        LOG.info(line);
    }
}
