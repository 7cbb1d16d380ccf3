package io.proxykeys.operation.list;

import io.proxykeys.account.AccountCheck;
import io.proxykeys.auth.Caller;
import io.proxykeys.database.Transactions;
import io.proxykeys.http.Endpoint;
import io.proxykeys.http.Request;
import io.proxykeys.http.Response;
import io.proxykeys.http.Route;
import io.proxykeys.json.Cursor;
import io.proxykeys.key.KeyPages;
import io.proxykeys.key.KeyPages.KeyPage;
import io.proxykeys.key.KeyRepository;
import io.proxykeys.key.ListedKey;
import io.proxykeys.operation.KeyQuery;
import io.proxykeys.revocation.Selection;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.util.List;

/**
 * {@code GET /v1/auth/proxy}: the account's keys, or a selection of them, as a bare JSON array, in the order of creation, then key. Up
 * to 15,000; where there are more, {@code Link} leads to the next page and {@code X-Total-Count} says how many there are.
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
        KeyQuery query = KeyQuery.ofPage(request);
        Cursor from = query.page().orElse(Cursor.START);
        return transactions.withDeadline(pages.read((place, most) -> after(account, query, place, most), from)
                .call(page -> accounts.requireUnless(!page.json().equals(EMPTY), account))
                .chain(page -> answer(account, query, page)));
    }

    private Uni<List<ListedKey>> after(String account, KeyQuery query, Cursor place, int most) {
        Selection selection = query.selection();
        return query.selects() ? keys.selectedAfter(account, selection.operation(), selection.namePrefix().orElse(""), place, most)
                : keys.after(account, place, most);
    }

    private Uni<Response> answer(String account, KeyQuery query, KeyPage page) {
        if (page.next() == null && query.page().isEmpty()) {
            return Uni.createFrom().item(Response.json(page.json()));
        }
        String next = page.next() == null ? null : (query.selects() ? query.selectionQuery() + "&" : "") + page.next().query();
        return transactions.read(() -> count(account, query)).map(total -> Response.page(page.json(), total, route(), next));
    }

    private Uni<Long> count(String account, KeyQuery query) {
        Selection selection = query.selection();
        return query.selects() ? keys.countOfSelected(account, selection.operation(), selection.namePrefix().orElse(""))
                : keys.countOf(account);
    }
}
