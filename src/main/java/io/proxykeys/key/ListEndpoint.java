package io.proxykeys.key;

import io.proxykeys.access.Caller;
import io.proxykeys.account.UnknownAccount;
import io.proxykeys.database.Transactions;
import io.proxykeys.http.Answer;
import io.proxykeys.http.Call;
import io.proxykeys.http.Endpoint;
import io.proxykeys.http.Route;
import io.proxykeys.key.KeyPages.KeyPage;
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
    public Uni<Answer> serve(Call call, Caller caller) {
        String account = caller.account();
        Place from = Place.ofQuery(call.rawQuery(), Place.START);
        return transactions.inTime(pages.ofAccount(account, from).chain(page -> page.json().equals(EMPTY)
                ? requireAccount(account).chain(() -> answer(account, from, page)) : answer(account, from, page)));
    }

    private Uni<Answer> answer(String account, Place from, KeyPage page) {
        if (page.next() != null || !from.equals(Place.START)) {
            return transactions.read(session -> session.createNativeQuery(COUNT, Long.class)
                    .setParameter(1, account).getSingleResult())
                    .map(total -> Answer.page(page.json(), total, route(), page.next() == null ? null : page.next().query()));
        }
        return Uni.createFrom().item(Answer.json(page.json()));
    }

    private Uni<Void> requireAccount(String account) {
        return transactions.read(session -> session.createNativeQuery(ACCOUNT, String.class)
                .setParameter(1, account).getSingleResultOrNull())
                .onItem().ifNull().failWith(UnknownAccount::new)
                .replaceWithVoid();
    }
}
