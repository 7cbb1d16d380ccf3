package io.proxykeys.revocation;

import io.proxykeys.access.Caller;
import io.proxykeys.http.Answer;
import io.proxykeys.http.Call;
import io.proxykeys.http.Endpoint;
import io.proxykeys.http.JsonPage;
import io.proxykeys.http.JsonText;
import io.proxykeys.http.Route;
import io.proxykeys.key.KeyPages.KeyPage;
import io.proxykeys.key.Place;
import io.proxykeys.problem.Refusal;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * {@code GET /v1/auth/proxy/revocations}: the account's receipts, newest first; with {@code ?id=} one of them with the keys it
 * deleted. Both are paged by {@code Link}.
 */
@Singleton
class ReceiptsEndpoint implements Endpoint {

    private static final Pattern ONE = Pattern.compile(
            "id=([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})(?:&(page=.*))?");

    private final Receipts receipts;

    @Inject
    ReceiptsEndpoint(Receipts receipts) {
        this.receipts = receipts;
    }

    @Override
    public Route route() {
        return Route.RECEIPTS;
    }

    @Override
    public Uni<Answer> serve(Call call, Caller caller) {
        String account = caller.account();
        String query = call.rawQuery();
        Matcher one = ONE.matcher(query);
        if (query.startsWith("id=") && !one.matches()) {
            throw Refusal.malformed("id must be the revocation_id of a receipt, alone or with the page of a Link header of this API.");
        }
        return receipts.inTime(one.matches() ? one(account, UUID.fromString(one.group(1)), one.group(2) == null ? "" : one.group(2))
                : list(account, Place.ofQuery(query, Receipts.NEWEST)));
    }

    private Uni<Answer> one(String account, UUID id, String query) {
        Place from = Place.ofQuery(query, Place.START);
        return receipts.find(account, id)
                .onItem().ifNull().failWith(Refusal::unknownReceipt)
                .chain(receipt -> receipts.keys(id, from).map(page -> answer(receipt, from, page)));
    }

    private Answer answer(ListedReceipt receipt, Place from, KeyPage page) {
        String body = JsonText.of(receipt.with(page.json()));
        if (page.next() == null && from.equals(Place.START)) {
            return Answer.json(body);
        }
        return Answer.page(body, receipt.deleted(), route(),
                page.next() == null ? null : "id=" + receipt.revocationId() + "&" + page.next().query());
    }

    private Uni<Answer> list(String account, Place from) {
        return receipts.after(account, from).chain(rows -> {
            JsonPage page = new JsonPage(Receipts.PAGE);
            Place last = from;
            for (Object[] row : rows) {
                if (!page.add(ListedReceipt.of(row))) {
                    break;
                }
                last = Receipts.placeOf(row);
            }
            boolean more = page.items() < rows.size();
            return more || !from.equals(Receipts.NEWEST) ? page(account, page, more ? last : null)
                    : Uni.createFrom().item(Answer.json(page.json()));
        });
    }

    private Uni<Answer> page(String account, JsonPage page, Place next) {
        return receipts.count(account).map(total -> Answer.page(page.json(), total, route(),
                next == null ? null : next.query()));
    }
}
