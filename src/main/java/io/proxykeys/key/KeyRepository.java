package io.proxykeys.key;

import io.proxykeys.json.Cursor;
import io.quarkus.hibernate.reactive.panache.PanacheRepositoryBase;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Singleton;
import java.util.List;

/**
 * Reads live keys. Each method is one query, which needs a session: {@link io.proxykeys.database.Transactions#read}. Rows are read
 * into records and not into entities, which the session would keep until it is closed: decision 9.
 */
@Singleton
public class KeyRepository implements PanacheRepositoryBase<ProxyKey, String> {

    /** The comparison of rows finds the place in the index {@code proxy_key_of_account}. */
    private static final String AFTER = "accountId = ?1 and (createdAt, id) > (?2, ?3) order by createdAt, id";

    /**
     * By the predicate of the deletion; a row for an account that exists, also without keys. The time is given by the database, as in
     * the deletion.
     */
    private static final String SELECTED = """
            select count(k.id), sum(k.allocated - k.used)
              from Account a
              left join ProxyKey k on k.accountId = a.id
                   and function('proxy_key_selected' as Boolean, ?2, k.active, k.expiresAt, k.used, instant)
             where a.id = ?1
             group by a.id""";

    /**
     * The keys of an account that come after a place in the order of creation, then id.
     *
     * @param most how many at most
     */
    public Uni<List<ListedKey>> after(String account, Cursor place, int most) {
        return find(AFTER, account, place.time(), place.id()).page(0, most).project(ListedKey.class).list();
    }

    /** How many keys an account has. */
    public Uni<Long> countOf(String account) {
        return count("accountId", account);
    }

    /**
     * The keys that an operation would delete.
     *
     * @param operation {@code all}, {@code expired}, {@code inactive} or {@code never_used}
     * @return {@code null} for an account that does not exist
     */
    public Uni<SelectedKeys> selected(String account, String operation) {
        return find(SELECTED, account, operation).project(SelectedKeys.class).firstResult();
    }
}
