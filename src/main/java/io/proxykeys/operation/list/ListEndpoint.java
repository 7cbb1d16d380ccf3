package io.proxykeys.operation.list;

import io.proxykeys.account.UnknownAccount;
import io.proxykeys.auth.Caller;
import io.proxykeys.database.Transactions;
import io.proxykeys.http.Cursor;
import io.proxykeys.http.Endpoint;
import io.proxykeys.http.Request;
import io.proxykeys.http.Response;
import io.proxykeys.http.Route;
import io.proxykeys.key.KeyPages.KeyPage;
import io.proxykeys.key.KeyPages;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;

/**
 * {@code GET /v1/auth/proxy}: the account's keys as a bare JSON array, in the order of creation, then key. Up to 15,000; where
 * there are more, {@code Link} leads to the next page and {@code X-Total-Count} says how many there are.
 */
@Singleton
class ListEndpoint implements Endpoint {

    private static final String COUNT = "SELECT count(*) FROM proxy_key WHERE account_id = ?1";
    private static final String ACCOUNT = "SELECT id FROM account WHERE id = ?1";
    private static final String EMPTY = "[]";

    private final Transactions transactions;
    private final KeyPages pages;

    @Inject
    ListEndpoint(Transactions transactions, KeyPages pages) {
        this.transactions = transactions;
        this.pages = pages;
    }

    @Override
    public Route route() {
        return Route.LIST;
    }

    @Override
    public Uni<Response> serve(Request request, Caller caller) {
        String account = caller.account();
        Cursor from = Cursor.ofQuery(request.rawQuery(), Cursor.START);
        return transactions.withDeadline(pages.ofAccount(account, from).chain(page -> page.json().equals(EMPTY)
                ? requireAccount(account).chain(() -> answer(account, from, page)) : answer(account, from, page)));
    }

    private Uni<Response> answer(String account, Cursor from, KeyPage page) {
        if (page.next() != null || !from.equals(Cursor.START)) {
            return transactions.read(() -> Panache.getSession().chain(session -> session.createNativeQuery(COUNT, Long.class)
                    .setParameter(1, account).getSingleResult()))
                    .map(total -> Response.page(page.json(), total, route(), page.next() == null ? null : page.next().query()));
        }
        return Uni.createFrom().item(Response.json(page.json()));
    }

    private Uni<Void> requireAccount(String account) {
        return transactions.read(() -> Panache.getSession().chain(session -> session.createNativeQuery(ACCOUNT, String.class)
                .setParameter(1, account).getSingleResultOrNull()))
                .onItem().ifNull().failWith(UnknownAccount::new)
                .replaceWithVoid();
    }
}
