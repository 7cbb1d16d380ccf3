package io.proxykeys.json;

/**
 * A JSON array that grows until it is as long as an answer may be. Lambda takes 6,291,556 bytes of response
 * (<a href="https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html">AWS</a>: 6 MB), with the body as a string in it.
 */
public final class JsonPage {

    /** Leaves room for the headers and for what is around the array. */
    private static final int MAX_BYTES = 5_500_000;

    private final int maxItems;
    private final StringBuilder text = new StringBuilder("[");
    private int items;
    private long bytes;

    /** @param maxItems how many items a page has at most */
    public JsonPage(int maxItems) {
        this.maxItems = maxItems;
    }

    /** Adds an item; {@code false} if there is no room for it. */
    public boolean add(JsonText.Value item) {
        if (items == maxItems) {
            return false;
        }
        String written = JsonText.of(item);
        long size = JsonText.bytesInString(written) + 1;
        if (bytes + size > MAX_BYTES) {
            return false;
        }
        if (items > 0) {
            text.append(',');
        }
        text.append(written);
        items++;
        bytes += size;
        return true;
    }

    /**
     * The same in a list that goes on with a next page.
     *
     * @param id of the item, for the log
     * @throws IllegalStateException if the item is longer than any page may be
     */
    public boolean addOrTurn(JsonText.Value item, String id) {
        boolean added = add(item);
        if (!added && items == 0) {
            throw new IllegalStateException(id + " is longer than an answer may be");
        }
        return added;
    }

    public int items() {
        return items;
    }

    /** The array. */
    public String json() {
        return text + "]";
    }
}
