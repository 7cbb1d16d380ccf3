package io.proxykeys.key;

import io.proxykeys.database.Query;
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
    private static final String AFTER = Query.rows(ListedKey.class,
            "from ProxyKey where accountId = ?1 and (createdAt, id) > (?2, ?3) order by createdAt, id");

    private static final String OF_ACCOUNT = Query.of("from ProxyKey where accountId = ?1");

    /** The predicate of the deletion. The time is given by the database, as there. */
    private static final String IS_SELECTED = """
            function('key_is_selected' as Boolean, ?2, ?3, k.name, k.active, k.suspendedBy, k.expiresAt, k.used, instant)""";

    private static final String SELECTED_AFTER = Query.rows(ListedKey.class, "from ProxyKey k where k.accountId = ?1 and " + IS_SELECTED
            + " and (k.createdAt, k.id) > (?4, ?5) order by k.createdAt, k.id");
    private static final String COUNT_SELECTED = Query.of("from ProxyKey k where k.accountId = ?1 and " + IS_SELECTED);

    /** A row for an account that exists, also without keys. */
    private static final String SUM_SELECTED = Query.of("select count(k.id), sum(k.allocated - k.used), a.balance from Account a"
            + " left join ProxyKey k on k.accountId = a.id and " + IS_SELECTED + " where a.id = ?1 group by a.id, a.balance");

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
        return count(OF_ACCOUNT, account);
    }

    /**
     * The same, of those that an operation selects.
     *
     * @param operation {@code all}, {@code prefix}, {@code expired}, {@code inactive}, {@code suspended} or {@code never_used}
     * @param namePrefix what their names begin with; empty: any
     */
    public Uni<List<ListedKey>> selectedAfter(String account, String operation, String namePrefix, Cursor place, int most) {
        return find(SELECTED_AFTER, account, operation, namePrefix, place.time(), place.id()).page(0, most).project(ListedKey.class).list();
    }

    /** How many keys an operation selects. */
    public Uni<Long> countOfSelected(String account, String operation, String namePrefix) {
        return count(COUNT_SELECTED, account, operation, namePrefix);
    }

    /**
     * The keys that an operation would delete.
     *
     * @return {@code null} for an account that does not exist
     */
    public Uni<SelectedKeys> selected(String account, String operation, String namePrefix) {
        return find(SUM_SELECTED, account, operation, namePrefix).project(SelectedKeys.class).firstResult();
    }
}
