package io.proxykeys.operation.resume;

import io.proxykeys.auth.Caller;
import io.proxykeys.config.Settings;
import io.proxykeys.database.AccountChange;
import io.proxykeys.database.AccountLock;
import io.proxykeys.database.Bucket;
import io.proxykeys.database.RateLimit;
import io.proxykeys.database.Transactions;
import io.proxykeys.http.Endpoint;
import io.proxykeys.http.JsonBody;
import io.proxykeys.http.Request;
import io.proxykeys.http.Response;
import io.proxykeys.http.Route;
import io.proxykeys.key.Refusals;
import io.proxykeys.operation.KeyFields;
import io.proxykeys.operation.KeyLog;
import io.proxykeys.problem.ProblemException;
import io.smallrye.mutiny.Uni;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.Tuple;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.util.Set;
import java.util.UUID;
import java.util.function.Supplier;

/**
 * {@code POST /v1/auth/proxy/resume}: enables the keys that are still in a suspension, up to 100,000 a call. What was enabled, disabled,
 * deleted or suspended again since stays as it is. Enables none while new keys are blocked.
 *
 * <p>Not run again once COMMIT was sent: it would find nothing left to enable. Its caller may repeat it at any time.
 */
@Singleton
class ResumeEndpoint implements Endpoint {

    /** Without the lock there is no account, which the function refuses. */
    private static final String SQL = """
            SELECT outcome, keys_resumed, skipped, remaining, retry_after
              FROM resume_proxy_keys(
                       account_id => %s,
                       suspension_id => $2,
                       bucket => $3,
                       calls_per_minute => $4,
                       burst => $5)"""
            .formatted(AccountLock.whileLocked("$1::text"));

    private final Transactions transactions;
    private final RateLimit limit;

    @Inject
    ResumeEndpoint(Transactions transactions, Settings settings) {
        this.transactions = transactions;
        this.limit = Bucket.SUSPEND.limit(settings);
    }

    /** How many keys were resumed, how many are no longer in the suspension, and how many are left for another call. */
    private record Resumed(int resumed, int skipped, int remaining) {
    }

    @Override
    public Route route() {
        return Route.RESUME;
    }

    @Override
    public Uni<Response> serve(Request request, Caller caller) {
        JsonBody body = JsonBody.of(request, Set.of("suspension_id"));
        request.refuseQuery();
        UUID suspension = body.uuid("suspension_id")
                .orElseThrow(() -> KeyFields.invalid("suspension_id must be the suspension_id of a suspension"));
        return transactions.run(request.gate(), change(caller.account(), suspension)::send)
                .map(done -> {
                    Resumed keys = done.get();
                    KeyLog.resumed(caller, suspension, keys.resumed, keys.skipped, keys.remaining);
                    return Response.json(json -> {
                        json.writeStringField("message", "Proxy keys resumed");
                        json.writeNumberField("resumed", keys.resumed);
                        json.writeNumberField("skipped", keys.skipped);
                        json.writeNumberField("remaining", keys.remaining);
                    });
                });
    }

    private AccountChange<Supplier<Resumed>> change(String account, UUID suspension) {
        return AccountChange.ofOneRow(account, SQL, limit.addTo(Tuple.of(account, suspension)), this::result);
    }

    private Supplier<Resumed> result(Row row) {
        return switch (row.getString("outcome")) {
            case "resumed" -> {
                Resumed keys = new Resumed(row.getInteger("keys_resumed"), row.getInteger("skipped"), row.getInteger("remaining"));
                yield () -> keys;
            }
            case "unknown" -> Refusals.because(ProblemException.unknownSuspension());
            default -> Refusals.of(row, limit);
        };
    }
}
