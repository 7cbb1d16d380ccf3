package io.proxykeys.revocation;

import io.proxykeys.database.Query;
import io.proxykeys.json.Cursor;
import io.quarkus.hibernate.reactive.panache.PanacheRepositoryBase;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Singleton;
import java.time.Instant;
import java.util.List;
import java.util.UUID;

/**
 * Reads receipts and the keys that they list, for the owner of the account. Each method is one query, which needs a session:
 * {@link io.proxykeys.database.Transactions#read}. Rows are read into records and not into entities: decision 9.
 */
@Singleton
public class ReceiptRepository implements PanacheRepositoryBase<Revocation, UUID> {

    /** Receipts outlive their account, but only the owner of an account may read them. */
    private static final String READABLE = "from Revocation where accountId = ?1 and exists (select a.id from Account a where a.id = ?1)";

    /** The comparison of rows finds the place in the index {@code revocation_of_account}. */
    private static final String BEFORE = Query.rows(ListedReceipt.class,
            READABLE + " and (revokedAt, id) < (?2, ?3) order by revokedAt desc, id desc");
    private static final String ONE = Query.rows(ListedReceipt.class, READABLE + " and id = ?2");
    private static final String OF_ACCOUNT = Query.of("from Revocation where accountId = ?1");
    private static final String KEYS_AFTER = Query.rows(ListedRevokedKey.class,
            "from RevokedKey where revocationId = ?1 and (createdAt, id) > (?2, ?3) order by createdAt, id");

    /**
     * The receipts of an account that come after a place in the order of time, newest first. None if there is no such account.
     *
     * @param revokedAt of the receipt before them
     * @param id of the same, to tell it from others of the same time
     * @param most how many at most
     */
    public Uni<List<ListedReceipt>> before(String account, Instant revokedAt, UUID id, int most) {
        return find(BEFORE, account, revokedAt, id).page(0, most).project(ListedReceipt.class).list();
    }

    /** How many receipts an account has. */
    public Uni<Long> countOf(String account) {
        return count(OF_ACCOUNT, account);
    }

    /** A receipt of the account; {@code null} if there is no such receipt, or no such account. */
    public Uni<ListedReceipt> one(String account, UUID id) {
        return find(ONE, account, id).project(ListedReceipt.class).firstResult();
    }

    /**
     * The keys that a revocation deleted and that come after a place in the order of creation, then id.
     *
     * @param most how many at most
     */
    public Uni<List<ListedRevokedKey>> keysAfter(UUID revocation, Cursor place, int most) {
        return find(KEYS_AFTER, revocation, place.time(), place.id()).page(0, most).project(ListedRevokedKey.class).list();
    }
}
