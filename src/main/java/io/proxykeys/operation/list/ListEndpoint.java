package io.proxykeys.operation.list;

import io.proxykeys.account.AccountCheck;
import io.proxykeys.auth.Caller;
import io.proxykeys.database.Transactions;
import io.proxykeys.http.Endpoint;
import io.proxykeys.http.PageQuery;
import io.proxykeys.http.Request;
import io.proxykeys.http.Response;
import io.proxykeys.http.Route;
import io.proxykeys.json.Cursor;
import io.proxykeys.key.KeyPages;
import io.proxykeys.key.KeyPages.KeyPage;
import io.proxykeys.key.KeyRepository;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;

/**
 * {@code GET /v1/auth/proxy}: the account's keys as a bare JSON array, in the order of creation, then key. Up to 15,000; where
 * there are more, {@code Link} leads to the next page and {@code X-Total-Count} says how many there are.
 */
@Singleton
class ListEndpoint implements Endpoint {

    private static final String EMPTY = "[]";

    private final Transactions transactions;
    private final AccountCheck accounts;
    private final KeyRepository keys;
    private final KeyPages pages;

    @Inject
    ListEndpoint(Transactions transactions, AccountCheck accounts, KeyRepository keys, KeyPages pages) {
        this.transactions = transactions;
        this.accounts = accounts;
        this.keys = keys;
        this.pages = pages;
    }

    @Override
    public Route route() {
        return Route.LIST;
    }

    @Override
    public Uni<Response> serve(Request request, Caller caller) {
        String account = caller.account();
        Cursor from = PageQuery.of(request.rawQuery(), Cursor.START);
        return transactions.withDeadline(pages.read((place, most) -> keys.after(account, place, most), from)
                .call(page -> accounts.requireUnless(!page.json().equals(EMPTY), account))
                .chain(page -> answer(account, from, page)));
    }

    private Uni<Response> answer(String account, Cursor from, KeyPage page) {
        if (page.next() != null || !from.equals(Cursor.START)) {
            return transactions.read(() -> keys.countOf(account))
                    .map(total -> Response.page(page.json(), total, route(), page.next() == null ? null : page.next().query()));
        }
        return Uni.createFrom().item(Response.json(page.json()));
    }
}
