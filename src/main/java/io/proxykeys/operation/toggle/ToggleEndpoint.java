package io.proxykeys.operation.toggle;

import io.proxykeys.account.AccountLock;
import io.proxykeys.auth.Caller;
import io.proxykeys.database.Transactions;
import io.proxykeys.http.Endpoint;
import io.proxykeys.http.JsonBody;
import io.proxykeys.http.Request;
import io.proxykeys.http.Response;
import io.proxykeys.http.Route;
import io.proxykeys.key.KeyReference;
import io.proxykeys.log.LogEvent;
import io.proxykeys.problem.ProblemException;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Future;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.jboss.logging.Logger;

/**
 * {@code POST /v1/auth/proxy/toggle}: disables or enables one proxy key; with {@code is_active} sets its state, which may be
 * repeated, without it flips it. Moves no credits.
 */
@Singleton
class ToggleEndpoint implements Endpoint {

    private static final Logger LOG = Logger.getLogger(ToggleEndpoint.class);
    private static final Set<String> FIELDS = Set.of("proxy_key", "is_active");
    /** Without the lock, no key is found to be the caller's. */
    private static final String SWITCH = """
            SELECT switch_proxy_key(account_id => %s, target_id => $2, target_hash => $3, wanted => $4) AS outcome"""
            .formatted(AccountLock.whileLocked("$1::text"));

    /** The values of the column {@code outcome}. */
    private enum Outcome {
        ENABLED, DISABLED, FOREIGN, UNKNOWN;

        static Outcome of(Row row) {
            return valueOf(row.getString("outcome").toUpperCase(Locale.ROOT));
        }
    }

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
        return transactions.run(request.gate(), connection -> AccountLock.lockThen(connection, account, () -> toggle(connection, account,
                target, wanted)))
                .map(outcome -> {
                    boolean active = isActive(outcome);
                    log(caller, target, active);
                    return Response.json(json -> {
                        json.writeStringField("message", "Proxy key status updated");
                        json.writeBooleanField("status", active);
                    });
                });
    }

    private static Future<Outcome> toggle(SqlConnection connection, String account, KeyReference target,
            Optional<Boolean> wanted) {
        return connection.preparedQuery(SWITCH)
                .mapping(Outcome::of)
                .execute(Tuple.of(account, target.id(), target.secretHash(), wanted.orElse(null)))
                .map(rows -> rows.iterator().next());
    }

    private static void log(Caller caller, KeyReference target, boolean active) {
        LogEvent.of("proxy_key_toggled", active ? "Proxy key enabled" : "Proxy key disabled")
                .with("account_id", caller.account())
                .with("requested_by", caller.client())
                .with("key", target.forLog())
                .with("is_active", active)
                .info(LOG);
    }

    private static boolean isActive(Outcome outcome) {
        return switch (outcome) {
            case ENABLED -> true;
            case DISABLED -> false;
            case FOREIGN -> throw ProblemException.foreignKey();
            case UNKNOWN -> throw ProblemException.unknownKey();
        };
    }
}
