package io.proxykeys.http;

import io.proxykeys.json.Cursor;
import io.proxykeys.problem.ProblemException;

/** Reads the query that asks for a page of a list. */
public final class PageQuery {

    private PageQuery() {
    }

    /**
     * Where the page begins.
     *
     * @param query empty, or what {@link Cursor#query} wrote
     * @param first where to begin without a query
     * @throws ProblemException 400 for anything else
     */
    public static Cursor of(String query, Cursor first) {
        return query.isEmpty() ? first : Cursor.ofQuery(query).orElseThrow(() -> ProblemException.malformed(
                "The query must be that of a Link header of this API."));
    }
}
