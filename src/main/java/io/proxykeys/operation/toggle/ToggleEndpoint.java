package io.proxykeys.operation.toggle;

import io.proxykeys.auth.Caller;
import io.proxykeys.database.AccountChange;
import io.proxykeys.database.AccountLock;
import io.proxykeys.database.Transactions;
import io.proxykeys.http.Endpoint;
import io.proxykeys.http.JsonBody;
import io.proxykeys.http.Request;
import io.proxykeys.http.Response;
import io.proxykeys.http.Route;
import io.proxykeys.key.KeyReference;
import io.proxykeys.key.Refusals;
import io.proxykeys.operation.KeyLog;
import io.proxykeys.problem.ProblemException;
import io.smallrye.mutiny.Uni;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.Tuple;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/**
 * {@code POST /v1/auth/proxy/toggle}: disables or enables one proxy key; with {@code is_active} sets its state, which may be
 * repeated, without it flips it. Enables no key while new keys are blocked. Moves no credits.
 */
@Singleton
class ToggleEndpoint implements Endpoint {

    private static final Set<String> FIELDS = Set.of("proxy_key", "is_active");
    /** Without the lock, no key is found to be the caller's. */
    private static final String SWITCH = """
            SELECT outcome, retry_after
              FROM switch_proxy_key(account_id => %s, target_id => $2, target_hash => $3, wanted => $4, heed_block => true)"""
            .formatted(AccountLock.whileLocked("$1::text"));

    private final Transactions transactions;

    @Inject
    ToggleEndpoint(Transactions transactions) {
        this.transactions = transactions;
    }

    @Override
    public Route route() {
        return Route.TOGGLE;
    }

    @Override
    public Uni<Response> serve(Request request, Caller caller) {
        String account = caller.account();
        JsonBody body = JsonBody.of(request, FIELDS);
        request.refuseQuery();
        KeyReference target = KeyReference.of(body.proxyKey());
        Optional<Boolean> wanted = body.flag("is_active");
        return transactions.run(request.gate(), toggle(account, target, wanted)::send)
                .map(toggled -> {
                    boolean active = toggled.get();
                    KeyLog.toggled(caller, target.forLog(), active);
                    return Response.json(json -> {
                        json.writeStringField("message", "Proxy key status updated");
                        json.writeBooleanField("status", active);
                    });
                });
    }

    private static AccountChange<Supplier<Boolean>> toggle(String account, KeyReference target, Optional<Boolean> wanted) {
        return AccountChange.ofOneRow(account, SWITCH, Tuple.of(account, target.id(), target.secretHash(), wanted.orElse(null)),
                ToggleEndpoint::result);
    }

    /** To be asked once the transaction is committed: whether the key is active, or throws the {@link ProblemException} to answer with. */
    private static Supplier<Boolean> result(Row row) {
        return switch (row.getString("outcome")) {
            case "enabled" -> () -> true;
            case "disabled" -> () -> false;
            default -> Refusals.of(row, null);
        };
    }
}
