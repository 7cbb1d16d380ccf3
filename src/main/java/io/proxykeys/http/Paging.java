package io.proxykeys.http;

import jakarta.ws.rs.core.MediaType;
import org.jboss.resteasy.reactive.RestResponse.ResponseBuilder;
import org.jboss.resteasy.reactive.RestResponse;

/** Answers with JSON that is written already, whole or a page of it (RFC 8288). */
public final class Paging {

    private Paging() {
    }

    public static RestResponse<String> whole(String json) {
        return ResponseBuilder.ok(json, MediaType.APPLICATION_JSON_TYPE).build();
    }

    /**
     * A page.
     *
     * @param total how many items there are on all pages
     * @param nextQuery the query of the next page; {@code null}: this is the last one
     */
    public static RestResponse<String> page(String json, long total, String path, String nextQuery) {
        ResponseBuilder<String> response = ResponseBuilder.ok(json, MediaType.APPLICATION_JSON_TYPE)
                .header("X-Total-Count", total);
        if (nextQuery != null) {
            response.header("Link", "<" + path + "?" + nextQuery + ">; rel=\"next\"");
        }
        return response.build();
    }
}
