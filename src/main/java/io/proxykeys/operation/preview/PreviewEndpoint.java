package io.proxykeys.operation.preview;

import io.proxykeys.auth.Caller;
import io.proxykeys.database.Transactions;
import io.proxykeys.database.UnknownAccount;
import io.proxykeys.http.Endpoint;
import io.proxykeys.http.Request;
import io.proxykeys.http.Response;
import io.proxykeys.http.Route;
import io.proxykeys.key.KeyRepository;
import io.proxykeys.key.SelectedKeys;
import io.proxykeys.operation.KeyQuery;
import io.proxykeys.revocation.Selection;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.math.BigDecimal;

/** {@code GET /v1/auth/proxy/preview}: what a deletion with the same query would take, without taking it. */
@Singleton
class PreviewEndpoint implements Endpoint {

    /** With six decimals, as every amount. */
    private static final BigDecimal NOTHING = BigDecimal.ZERO.setScale(6);

    private final Transactions transactions;
    private final KeyRepository keys;

    @Inject
    PreviewEndpoint(Transactions transactions, KeyRepository keys) {
        this.transactions = transactions;
        this.keys = keys;
    }

    @Override
    public Route route() {
        return Route.PREVIEW;
    }

    @Override
    public Uni<Response> serve(Request request, Caller caller) {
        Selection selection = KeyQuery.ofSelection(request).selection();
        return transactions.read(() -> keys.selected(caller.account(), selection.operation(), selection.namePrefix().orElse("")))
                .onItem().ifNull().failWith(UnknownAccount::new)
                .map(PreviewEndpoint::answer);
    }

    private static Response answer(SelectedKeys selected) {
        return Response.json(json -> {
            json.writeNumberField("would_delete", selected.count());
            json.writeNumberField("credits_to_return", selected.unused() == null ? NOTHING : selected.unused());
            json.writeNumberField("balance", selected.balance());
        });
    }
}
