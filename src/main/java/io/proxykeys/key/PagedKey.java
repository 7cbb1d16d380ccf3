package io.proxykeys.key;

import io.proxykeys.json.Cursor;
import io.proxykeys.json.JsonText;

/** A key, live or deleted, as it is written in a list that is read page by page. */
public interface PagedKey extends JsonText.Value {

    /** Its place in the order of creation, then id. */
    Cursor place();
}
