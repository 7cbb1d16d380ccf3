package io.proxykeys.key;

import io.proxykeys.access.Caller;
import io.proxykeys.account.AccountLock;
import io.proxykeys.database.Transactions;
import io.proxykeys.http.Call;
import io.proxykeys.http.JsonBody;
import io.proxykeys.http.Route;
import io.proxykeys.problem.Refusal;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import jakarta.inject.Inject;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.SecurityContext;
import java.util.Set;

/**
 * {@code POST /v1/auth/proxy/toggle}: disables or enables one proxy key; with {@code is_active} sets its state, which may be
 * repeated, without it flips it. Moves no credits.
 */
@Path(Route.PROXY_TOGGLE)
public class ToggleResource {

    private static final Set<String> FIELDS = Set.of("proxy_key", "is_active");
    private static final String TOGGLE = "SELECT outcome, status FROM toggle_proxy_key($1, $2, $3, $4)";

    private final Transactions transactions;
    private final Call call;

    @Inject
    ToggleResource(Transactions transactions, Call call) {
        this.transactions = transactions;
        this.call = call;
    }

    /**
     * The answer.
     *
     * @param message always the same
     * @param status the state now: whether the key is active
     */
    public record Toggled(String message, boolean status) {
    }

    @POST
    public Uni<Toggled> toggle(@Context SecurityContext security) {
        String account = ((Caller) security.getUserPrincipal()).account();
        JsonBody body = JsonBody.of(call, FIELDS);
        call.refuseQuery();
        KeyReference target = KeyReference.of(body.proxyKey());
        Boolean wanted = body.flag("is_active");
        return transactions.run(connection -> AccountLock.take(connection, account)
                        .compose(locked -> toggle(connection, account, target, wanted)))
                .map(ToggleResource::toggled);
    }

    private static Future<Row> toggle(SqlConnection connection, String account, KeyReference target, Boolean wanted) {
        return connection.preparedQuery(TOGGLE)
                .execute(Tuple.of(account, target.id(), Buffer.buffer(target.secretHash()), wanted))
                .map(rows -> rows.iterator().next());
    }

    private static Toggled toggled(Row row) {
        return switch (row.getString(0)) {
            case "toggled" -> new Toggled("Proxy key status updated", row.getBoolean(1));
            case "foreign" -> throw Refusal.foreignKey();
            case "unknown" -> throw Refusal.unknownKey();
            default -> throw new IllegalStateException("Unknown outcome " + row.getString(0));
        };
    }
}
