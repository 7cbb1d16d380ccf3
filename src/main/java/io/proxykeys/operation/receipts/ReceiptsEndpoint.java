package io.proxykeys.operation.receipts;

import io.proxykeys.account.AccountCheck;
import io.proxykeys.auth.Caller;
import io.proxykeys.database.Transactions;
import io.proxykeys.http.Endpoint;
import io.proxykeys.http.PageQuery;
import io.proxykeys.http.Request;
import io.proxykeys.http.Response;
import io.proxykeys.http.Route;
import io.proxykeys.json.Cursor;
import io.proxykeys.json.JsonPage;
import io.proxykeys.problem.ProblemException;
import io.proxykeys.revocation.ListedReceipt;
import io.proxykeys.revocation.ReceiptRepository;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.UUID;

/**
 * {@code GET /v1/auth/proxy/revocations}: the account's receipts, newest first; with {@code ?id=} one of them with the keys it
 * deleted. Both are paged by {@code Link}.
 */
@Singleton
class ReceiptsEndpoint implements Endpoint {

    /** Receipts of one page. */
    private static final int PAGE = 1_000;

    /** Before the newest receipt. */
    private static final Cursor NEWEST = new Cursor(Cursor.LATEST, "ffffffff-ffff-ffff-ffff-ffffffffffff");

    private final Transactions transactions;
    private final AccountCheck accounts;
    private final ReceiptRepository receipts;
    private final ReceiptReader one;

    @Inject
    ReceiptsEndpoint(Transactions transactions, AccountCheck accounts, ReceiptRepository receipts, ReceiptReader one) {
        this.transactions = transactions;
        this.accounts = accounts;
        this.receipts = receipts;
        this.one = one;
    }

    @Override
    public Route route() {
        return Route.RECEIPTS;
    }

    @Override
    public Uni<Response> serve(Request request, Caller caller) {
        String account = caller.account();
        String query = request.rawQuery();
        if (query.startsWith("id=")) {
            return one.read(account, query, route());
        }
        return transactions.withDeadline(list(account, PageQuery.of(query, NEWEST)));
    }

    /** Reads one receipt more than a page has, to see whether there is another page. */
    private Uni<Response> list(String account, Cursor from) {
        UUID before = idOf(from);
        return transactions.read(() -> receipts.before(account, from.time(), before, PAGE + 1))
                .call(found -> accounts.requireUnless(!found.isEmpty(), account))
                .chain(found -> answer(account, from, found));
    }

    private Uni<Response> answer(String account, Cursor from, List<ListedReceipt> found) {
        JsonPage page = new JsonPage(PAGE);
        Cursor last = from;
        for (ListedReceipt receipt : found) {
            if (!page.addOrTurn(receipt, receipt.id().toString())) {
                break;
            }
            last = receipt.place();
        }
        boolean more = page.items() < found.size();
        return more || !from.equals(NEWEST) ? page(account, page, more ? last : null)
                : Uni.createFrom().item(Response.json(page.json()));
    }

    private Uni<Response> page(String account, JsonPage page, Cursor next) {
        return transactions.read(() -> receipts.countOf(account)).map(total -> Response.page(page.json(), total, route(),
                next == null ? null : next.query()));
    }

    private static UUID idOf(Cursor place) {
        try {
            return UUID.fromString(place.id());
        } catch (IllegalArgumentException e) {
            throw ProblemException.malformed("The query must be that of a Link header of this API.");
        }
    }
}
