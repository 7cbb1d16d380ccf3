package io.proxykeys.key;

import io.proxykeys.database.Transactions;
import io.proxykeys.http.Cursor;
import io.proxykeys.json.JsonPage;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.UUID;
import java.util.function.Function;

/** Pages of keys, live or deleted, read in chunks so that an account with a million of them needs no more memory than a page. */
@Singleton
public class KeyPages {

    /** Rows of one round trip. */
    private static final int CHUNK = 1_000;

    private static final int MAX_KEYS = 15_000;

    /** The next rows after a place, in order; of one owner in one table. */
    private static final String AFTER = "SELECT " + ListedKey.COLUMNS + """
             FROM %s
             WHERE %s = ?1
               AND (created_at, id) > (timestamptz 'epoch' + CAST(?2 AS bigint) * interval '1 microsecond', ?3)
             ORDER BY created_at, id
             LIMIT ?4""";
    private static final String LIVE = AFTER.formatted("proxy_key", "account_id");
    private static final String DELETED = AFTER.formatted("revoked_key", "revocation_id");

    private final Transactions transactions;

    KeyPages(Transactions transactions) {
        this.transactions = transactions;
    }

    /**
     * A page.
     *
     * @param json the keys, a JSON array
     * @param next where the next page begins; {@code null}: this is the last one
     */
    public record KeyPage(String json, Cursor next) {
    }

    /** Up to 15,000 keys of an account that come after a place. */
    public Uni<KeyPage> ofAccount(String account, Cursor from) {
        return page(LIVE, account, from);
    }

    /** Up to 15,000 keys that a revocation deleted and that come after a place. */
    public Uni<KeyPage> ofRevocation(UUID revocation, Cursor from) {
        return page(DELETED, revocation, from);
    }

    private Uni<KeyPage> page(String query, Object owner, Cursor from) {
        return fill(new JsonPage(MAX_KEYS), from, place -> transactions.read(() ->
                Panache.getSession().chain(session -> session.createNativeQuery(query, Object[].class)
                        .setParameter(1, owner)
                        .setParameter(2, place.micros())
                        .setParameter(3, place.id())
                        .setParameter(4, CHUNK)
                        .getResultList())));
    }

    private Uni<KeyPage> fill(JsonPage page, Cursor from, Function<Cursor, Uni<List<Object[]>>> chunk) {
        return chunk.apply(from).chain(rows -> {
            Cursor last = from;
            for (Object[] row : rows) {
                if (!page.add(ListedKey.of(row))) {
                    return Uni.createFrom().item(new KeyPage(page.json(), last));
                }
                last = ListedKey.placeOf(row);
            }
            return rows.size() < CHUNK ? Uni.createFrom().item(new KeyPage(page.json(), null)) : fill(page, last, chunk);
        });
    }
}
