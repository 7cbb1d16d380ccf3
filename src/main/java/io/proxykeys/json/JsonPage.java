package io.proxykeys.json;

/**
 * A JSON array that grows until it is as long as an answer may be. Lambda takes 6 MB
 * (<a href="https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html">AWS</a>), with the body as a JSON string
 * in it: quotes and backslashes count twice.
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

    /** Adds an item; {@code false} if there is no room for it. The first one always has room. */
    public boolean add(JsonText.Value item) {
        if (items == maxItems) {
            return false;
        }
        String written = JsonText.of(item);
        long size = escapedBytes(written) + 1;
        if (items > 0 && bytes + size > MAX_BYTES) {
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

    public int items() {
        return items;
    }

    /** The array. */
    public String json() {
        return text + "]";
    }

    private static long escapedBytes(String text) {
        long bytes = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            bytes += c == '"' || c == '\\' ? 2 : c < 0x80 ? 1 : c < 0x800 ? 2 : 3;
        }
        return bytes;
    }
}
