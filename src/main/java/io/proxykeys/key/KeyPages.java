package io.proxykeys.key;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectWriter;
import io.proxykeys.http.JsonPage;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.function.Function;

/** Pages of keys, live or deleted, read in chunks so that an account with a million of them needs no more memory than a page. */
@Singleton
public class KeyPages {

    /** Rows of one round trip. */
    public static final int CHUNK = 1_000;

    private static final int MAX_KEYS = 15_000;

    private final ObjectWriter json;

    KeyPages(ObjectMapper json) {
        this.json = json.writerFor(ListedKey.class);
    }

    /**
     * A page.
     *
     * @param json the keys, a JSON array
     * @param next where the next page begins; {@code null}: this is the last one
     */
    public record KeyPage(String json, Place next) {
    }

    /**
     * Reads a page of up to 15,000 keys.
     *
     * @param from the place after which it begins
     * @param chunk reads the next up to {@value #CHUNK} rows of {@link ListedKey#COLUMNS} after a place, in order
     */
    public Uni<KeyPage> page(Place from, Function<Place, Uni<List<Object[]>>> chunk) {
        return fill(new JsonPage(json, MAX_KEYS), from, chunk);
    }

    private Uni<KeyPage> fill(JsonPage page, Place from, Function<Place, Uni<List<Object[]>>> chunk) {
        return chunk.apply(from).chain(rows -> {
            Place last = from;
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
