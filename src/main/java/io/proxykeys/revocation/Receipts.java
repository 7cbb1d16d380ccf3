package io.proxykeys.revocation;

import io.proxykeys.account.UnknownAccount;
import io.proxykeys.database.Transactions;
import io.proxykeys.http.Cursor;
import io.proxykeys.key.KeyPages.KeyPage;
import io.proxykeys.key.KeyPages;
import io.proxykeys.problem.ProblemException;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.util.List;
import java.util.UUID;

/** Reads receipts for the owner of the account. */
@ApplicationScoped
public class Receipts {

    /** Receipts of one page. */
    public static final int PAGE = 1_000;

    /** Before the newest receipt. */
    public static final Cursor NEWEST = new Cursor(Cursor.LATEST, "ffffffff-ffff-ffff-ffff-ffffffffffff");

    /** Newest first; one more than a page, to see whether there is another. A row without receipt for an account that has none. */
    private static final String LIST = "SELECT r.* FROM account a LEFT JOIN LATERAL (SELECT " + ListedReceipt.COLUMNS + """
             FROM revocation
             WHERE account_id = a.id
               AND (revoked_at, id) < (timestamptz 'epoch' + CAST(?2 AS bigint) * interval '1 microsecond', ?3)
             ORDER BY revoked_at DESC, id DESC
             LIMIT ?4) r ON true
             WHERE a.id = ?1""";
    private static final String COUNT = "SELECT count(*) FROM revocation WHERE account_id = ?1";
    private static final String ONE = "SELECT r.* FROM account a LEFT JOIN LATERAL (SELECT " + ListedReceipt.COLUMNS + """
             FROM revocation WHERE account_id = a.id AND id = ?2) r ON true
             WHERE a.id = ?1""";

    private final Transactions transactions;
    private final KeyPages pages;

    @Inject
    Receipts(Transactions transactions, KeyPages pages) {
        this.transactions = transactions;
        this.pages = pages;
    }

    /** Up to {@value #PAGE} rows of {@link ListedReceipt#COLUMNS}, and one more if there are more. */
    public Uni<List<Object[]>> after(String account, Cursor from) {
        UUID id = idOf(from);
        return transactions.read(() -> Panache.getSession().chain(session -> session.createNativeQuery(LIST, Object[].class)
                .setParameter(1, account)
                .setParameter(2, from.micros())
                .setParameter(3, id)
                .setParameter(4, PAGE + 1)
                .getResultList()))
                .map(Receipts::ofExistingAccount);
    }

    public Uni<Long> count(String account) {
        return transactions.read(() -> Panache.getSession().chain(session -> session.createNativeQuery(COUNT, Long.class)
                .setParameter(1, account).getSingleResult()));
    }

    /** A receipt of the account, or {@code null}. */
    public Uni<ListedReceipt> find(String account, UUID id) {
        return transactions.read(() -> Panache.getSession().chain(session -> session.createNativeQuery(ONE, Object[].class)
                .setParameter(1, account).setParameter(2, id).getResultList()))
                .map(Receipts::ofExistingAccount)
                .map(rows -> rows.isEmpty() ? null : ListedReceipt.of(rows.get(0)));
    }

    /** A page of the keys that a revocation deleted. */
    public Uni<KeyPage> keys(UUID revocation, Cursor from) {
        return pages.ofRevocation(revocation, from);
    }

    /** Bounds several of these together. */
    public <T> Uni<T> withDeadline(Uni<T> queries) {
        return transactions.withDeadline(queries);
    }

    public static Cursor placeOf(Object[] row) {
        return new Cursor((Long) row[10], row[0].toString());
    }

    private static List<Object[]> ofExistingAccount(List<Object[]> rows) {
        if (rows.isEmpty()) {
            throw new UnknownAccount();
        }
        return rows.get(0)[0] == null ? List.of() : rows;
    }

    private static UUID idOf(Cursor place) {
        try {
            return UUID.fromString(place.id());
        } catch (IllegalArgumentException e) {
            throw ProblemException.malformed("The query must be that of a Link header of this API.");
        }
    }
}
