package io.proxykeys.operation.receipts;

import io.proxykeys.auth.Caller;
import io.proxykeys.http.Cursor;
import io.proxykeys.http.Endpoint;
import io.proxykeys.http.Request;
import io.proxykeys.http.Response;
import io.proxykeys.http.Route;
import io.proxykeys.json.JsonPage;
import io.proxykeys.json.JsonText;
import io.proxykeys.key.KeyPages.KeyPage;
import io.proxykeys.problem.ProblemException;
import io.proxykeys.revocation.ListedReceipt;
import io.proxykeys.revocation.Receipts;
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
    public Uni<Response> serve(Request request, Caller caller) {
        String account = caller.account();
        String query = request.rawQuery();
        Matcher one = ONE.matcher(query);
        if (query.startsWith("id=") && !one.matches()) {
            throw ProblemException.malformed("id must be the revocation_id of a receipt, alone or with the page of a Link header of this API.");
        }
        return receipts.withDeadline(one.matches() ? one(account, UUID.fromString(one.group(1)), one.group(2) == null ? "" : one.group(2))
                : list(account, Cursor.ofQuery(query, Receipts.NEWEST)));
    }

    private Uni<Response> one(String account, UUID id, String query) {
        Cursor from = Cursor.ofQuery(query, Cursor.START);
        return receipts.find(account, id)
                .onItem().ifNull().failWith(ProblemException::unknownReceipt)
                .chain(receipt -> receipts.keys(id, from).map(page -> answer(receipt, from, page)));
    }

    private Response answer(ListedReceipt receipt, Cursor from, KeyPage page) {
        String body = JsonText.of(receipt.with(page.json()));
        if (page.next() == null && from.equals(Cursor.START)) {
            return Response.json(body);
        }
        return Response.page(body, receipt.deleted(), route(),
                page.next() == null ? null : "id=" + receipt.revocationId() + "&" + page.next().query());
    }

    private Uni<Response> list(String account, Cursor from) {
        return receipts.after(account, from).chain(rows -> {
            JsonPage page = new JsonPage(Receipts.PAGE);
            Cursor last = from;
            for (Object[] row : rows) {
                if (!page.add(ListedReceipt.of(row))) {
                    break;
                }
                last = Receipts.placeOf(row);
            }
            boolean more = page.items() < rows.size();
            return more || !from.equals(Receipts.NEWEST) ? page(account, page, more ? last : null)
                    : Uni.createFrom().item(Response.json(page.json()));
        });
    }

    private Uni<Response> page(String account, JsonPage page, Cursor next) {
        return receipts.count(account).map(total -> Response.page(page.json(), total, route(),
                next == null ? null : next.query()));
    }
}
