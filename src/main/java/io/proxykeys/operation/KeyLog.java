package io.proxykeys.operation;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.proxykeys.auth.Caller;
import io.proxykeys.http.Request;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.math.BigDecimal;
import java.util.List;
import java.util.UUID;
import org.jboss.logging.Logger;

/** One line for each creation, change and recreation, in the form of the revocations' lines. It has identifiers and never a secret. */
@Singleton
public class KeyLog {

    /** How many identifiers a line has at most. */
    private static final int MAX_KEYS = 100;

    private static final Logger LOG = Logger.getLogger("keys");

    private final ObjectMapper json;

    @Inject
    KeyLog(ObjectMapper json) {
        this.json = json;
    }

    /** A key was created. */
    public void created(Request request, Caller caller, String id, BigDecimal allocated) {
        LOG.info(line("proxy_key_created", request, caller)
                .put("key_id", id)
                .put("credits_allocated", allocated));
    }

    /**
     * A key was changed.
     *
     * @param fields the names of the fields that the caller sent
     */
    public void updated(Request request, Caller caller, String id, List<String> fields) {
        ObjectNode line = line("proxy_key_updated", request, caller).put("key_id", id);
        fields.forEach(line.putArray("fields")::add);
        LOG.info(line);
    }

    /**
     * Keys of a receipt were recreated.
     *
     * @param ids of the new keys; the line has the first 100
     */
    public void recreated(Request request, Caller caller, UUID receipt, List<String> ids, BigDecimal allocated) {
        ObjectNode line = line("proxy_keys_recreated", request, caller)
                .put("revocation_id", receipt.toString())
                .put("keys_recreated", ids.size())
                .put("credits_allocated", allocated);
        ids.stream().limit(MAX_KEYS).forEach(line.putArray("key_ids")::add);
        LOG.info(line);
    }

    private ObjectNode line(String event, Request request, Caller caller) {
        return json.createObjectNode()
                .put("event", event)
                .put("account_id", caller.account())
                .put("requested_by", caller.client())
                .put("aws_request_id", request.awsRequestId());
    }
}
