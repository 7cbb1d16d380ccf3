package io.proxykeys.operation;

import io.proxykeys.auth.Caller;
import io.proxykeys.log.LogEvent;
import io.proxykeys.log.Metric;
import java.math.BigDecimal;
import java.util.List;
import java.util.UUID;
import org.jboss.logging.Logger;

/** One line of the log for each creation, change, recreation, rotation, toggle and resumption. It has identifiers and never a secret. */
public final class KeyLog {

    /** How many identifiers a line has at most. */
    private static final int MAX_KEYS = 100;

    private static final Logger LOG = Logger.getLogger("keys");

    private KeyLog() {
    }

    /** A key was created. */
    public static void created(Caller caller, String id, BigDecimal allocated) {
        line("proxy_key_created", "Proxy key created", caller)
                .with("key", id)
                .with("credits_allocated", allocated)
                .info(LOG);
    }

    /**
     * A key was changed.
     *
     * @param fields the names of the fields that the caller sent
     */
    public static void updated(Caller caller, String key, List<String> fields) {
        line("proxy_key_updated", "Proxy key changed", caller)
                .with("key", key)
                .with("fields", fields)
                .info(LOG);
    }

    /** A key was enabled or disabled, or was so before. */
    public static void toggled(Caller caller, String key, boolean active) {
        line("proxy_key_toggled", active ? "Proxy key enabled" : "Proxy key disabled", caller)
                .with("key", key)
                .with("is_active", active)
                .info(LOG);
    }

    /**
     * Keys of a receipt were recreated.
     *
     * @param ids of the new keys; the line has the first 100
     */
    public static void recreated(Caller caller, UUID receipt, List<String> ids, BigDecimal allocated) {
        line("proxy_keys_recreated", "Proxy keys recreated", caller)
                .with("revocation_id", receipt.toString())
                .with("keys_recreated", ids.size())
                .with("credits_allocated", allocated)
                .with("key_ids", ids.subList(0, Math.min(MAX_KEYS, ids.size())))
                .info(LOG);
    }

    /**
     * Keys got new secrets.
     *
     * @param ids of the keys; the line has the first 100
     */
    public static void rotated(Caller caller, List<String> ids, int overlapSeconds) {
        line("proxy_keys_rotated", "Proxy keys rotated", caller)
                .with("keys_rotated", ids.size())
                .with("overlap_seconds", overlapSeconds)
                .with("key_ids", ids.subList(0, Math.min(MAX_KEYS, ids.size())))
                .measure(Metric.KEYS_ROTATED, ids.size())
                .info(LOG);
    }

    /** Keys of a suspension were enabled again. */
    public static void resumed(Caller caller, UUID suspension, int resumed, int skipped, int remaining) {
        line("proxy_keys_resumed", "Proxy keys resumed", caller)
                .with("suspension_id", suspension.toString())
                .with("keys_resumed", resumed)
                .with("keys_skipped", skipped)
                .with("keys_remaining", remaining)
                .info(LOG);
    }

    private static LogEvent line(String event, String message, Caller caller) {
        return LogEvent.of(event, message)
                .with("account_id", caller.account())
                .with("requested_by", caller.client())
                .with("subject", caller.subject());
    }
}
