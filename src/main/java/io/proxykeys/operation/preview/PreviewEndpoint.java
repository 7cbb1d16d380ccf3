package io.proxykeys.operation.preview;

import io.proxykeys.account.UnknownAccount;
import io.proxykeys.auth.Caller;
import io.proxykeys.database.Transactions;
import io.proxykeys.http.Endpoint;
import io.proxykeys.http.Request;
import io.proxykeys.http.Response;
import io.proxykeys.http.Route;
import io.proxykeys.revocation.Operation;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.math.BigDecimal;

/** {@code GET /v1/auth/proxy/preview}: what a deletion with the same query would take, without taking it. */
@Singleton
class PreviewEndpoint implements Endpoint {

    /** By the predicate of the deletion; a row for an account that exists, also without keys. */
    private static final String COUNT = """
            SELECT count(k.id), CAST(coalesce(sum(k.allocated - k.used), 0) AS numeric(26, 6))
              FROM account a
              LEFT JOIN proxy_key k ON k.account_id = a.id
                   AND proxy_key_selected(?2, k.is_active, k.expires_at, k.used, clock_timestamp())
             WHERE a.id = ?1
             GROUP BY a.id""";

    private final Transactions transactions;

    @Inject
    PreviewEndpoint(Transactions transactions) {
        this.transactions = transactions;
    }

    @Override
    public Route route() {
        return Route.PREVIEW;
    }

    @Override
    public Uni<Response> serve(Request request, Caller caller) {
        Operation operation = Operation.ofQuery(request.rawQuery());
        return transactions.read(() -> Panache.getSession().chain(session -> session.createNativeQuery(COUNT, Object[].class)
                .setParameter(1, caller.account())
                .setParameter(2, operation.code())
                .getSingleResultOrNull()))
                .onItem().ifNull().failWith(UnknownAccount::new)
                .map(row -> Response.json(json -> {
                    json.writeNumberField("would_delete", (Long) row[0]);
                    json.writeNumberField("credits_to_return", (BigDecimal) row[1]);
                }));
    }
}
