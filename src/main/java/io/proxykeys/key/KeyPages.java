package io.proxykeys.key;

import io.proxykeys.database.Transactions;
import io.proxykeys.json.Cursor;
import io.proxykeys.json.JsonPage;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Singleton;
import java.util.List;

/** Pages of keys, live or deleted, read in chunks so that an account with a million of them needs no more memory than a page. */
@Singleton
public class KeyPages {

    /** Rows of one round trip. */
    private static final int CHUNK = 1_000;

    private static final int MAX_KEYS = 15_000;

    private final Transactions transactions;

    KeyPages(Transactions transactions) {
        this.transactions = transactions;
    }

    /** Where the keys come from: a query of a repository. */
    public interface Keys<K extends PagedKey> {

        /** The next keys after a place, in order, and no more than {@code most}. */
        Uni<List<K>> after(Cursor place, int most);
    }

    /**
     * A page.
     *
     * @param json the keys, a JSON array
     * @param next where the next page begins; {@code null}: this is the last one
     */
    public record KeyPage(String json, Cursor next) {
    }

    /** Up to 15,000 keys that come after a place; fewer if they would be longer than an answer may be. */
    public <K extends PagedKey> Uni<KeyPage> read(Keys<K> keys, Cursor from) {
        return fill(new JsonPage(MAX_KEYS), keys, from);
    }

    private <K extends PagedKey> Uni<KeyPage> fill(JsonPage page, Keys<K> keys, Cursor from) {
        return transactions.read(() -> keys.after(from, CHUNK)).chain(chunk -> {
            Cursor last = from;
            for (K key : chunk) {
                if (!page.addOrTurn(key, key.place().id())) {
                    return Uni.createFrom().item(new KeyPage(page.json(), last));
                }
                last = key.place();
            }
            return chunk.size() < CHUNK ? Uni.createFrom().item(new KeyPage(page.json(), null)) : fill(page, keys, last);
        });
    }
}
