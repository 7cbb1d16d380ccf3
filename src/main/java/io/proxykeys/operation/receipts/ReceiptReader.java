package io.proxykeys.operation.receipts;

import io.proxykeys.account.AccountCheck;
import io.proxykeys.database.Transactions;
import io.proxykeys.http.PageQuery;
import io.proxykeys.http.Response;
import io.proxykeys.http.Route;
import io.proxykeys.json.Cursor;
import io.proxykeys.json.JsonText;
import io.proxykeys.key.KeyPages;
import io.proxykeys.key.KeyPages.KeyPage;
import io.proxykeys.problem.ProblemException;
import io.proxykeys.revocation.ListedReceipt;
import io.proxykeys.revocation.ReceiptRepository;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads one receipt with the keys it deleted, page by page, for both routes that show it. */
@Singleton
class ReceiptReader {

    private static final Pattern ONE = Pattern.compile(
            "id=([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})(?:&(page=.*))?");

    private final Transactions transactions;
    private final AccountCheck accounts;
    private final ReceiptRepository receipts;
    private final KeyPages pages;

    @Inject
    ReceiptReader(Transactions transactions, AccountCheck accounts, ReceiptRepository receipts, KeyPages pages) {
        this.transactions = transactions;
        this.accounts = accounts;
        this.receipts = receipts;
        this.pages = pages;
    }

    /**
     * Reads a receipt.
     *
     * @param query {@code id=}, alone or with the {@code page} of a {@code Link}; else a 400 {@link ProblemException}
     * @param route whose path a link has
     */
    Uni<Response> read(String account, String query, Route route) {
        Matcher one = ONE.matcher(query);
        if (!one.matches()) {
            throw ProblemException.malformed(
                    "id must be the revocation_id of a receipt, alone or with the page of a Link header of this API.");
        }
        UUID id = UUID.fromString(one.group(1));
        Cursor from = PageQuery.of(one.group(2) == null ? "" : one.group(2), Cursor.START);
        return transactions.withDeadline(transactions.read(() -> receipts.one(account, id))
                .call(receipt -> accounts.requireUnless(receipt != null, account))
                .onItem().ifNull().failWith(ProblemException::unknownReceipt)
                .chain(receipt -> pages.read((place, most) -> receipts.keysAfter(id, place, most), from)
                        .map(page -> answer(receipt, from, page, route))));
    }

    private static Response answer(ListedReceipt receipt, Cursor from, KeyPage page, Route route) {
        String body = JsonText.of(receipt.with(page.json()));
        if (page.next() == null && from.equals(Cursor.START)) {
            return Response.json(body);
        }
        return Response.page(body, receipt.keysDeleted(), route,
                page.next() == null ? null : "id=" + receipt.id() + "&" + page.next().query());
    }
}
