package io.proxykeys.revocation;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectWriter;
import io.proxykeys.access.Caller;
import io.proxykeys.http.Call;
import io.proxykeys.http.JsonPage;
import io.proxykeys.http.Paging;
import io.proxykeys.http.Route;
import io.proxykeys.key.KeyPages.KeyPage;
import io.proxykeys.key.Place;
import io.proxykeys.problem.Refusal;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Inject;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.SecurityContext;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jboss.resteasy.reactive.RestResponse;

/**
 * {@code GET /v1/auth/proxy/revocations}: the account's receipts, newest first; with {@code ?id=} one of them with the keys it
 * deleted. Both are paged by {@code Link}.
 */
@Path(Route.PROXY_REVOCATIONS)
public class ReceiptsResource {

    private static final Pattern ONE = Pattern.compile(
            "id=([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})(?:&(page=.*))?");

    private final Receipts receipts;
    private final ObjectWriter json;
    private final Call call;

    @Inject
    ReceiptsResource(Receipts receipts, ObjectMapper json, Call call) {
        this.receipts = receipts;
        this.json = json.writerFor(ListedReceipt.class);
        this.call = call;
    }

    @GET
    public Uni<RestResponse<String>> read(@Context SecurityContext security) {
        String account = ((Caller) security.getUserPrincipal()).account();
        String query = call.rawQuery();
        Matcher one = ONE.matcher(query);
        if (query.startsWith("id=") && !one.matches()) {
            throw Refusal.malformed("id must be the revocation_id of a receipt, alone or with the page of a Link header of this API.");
        }
        return receipts.inTime(one.matches() ? one(account, UUID.fromString(one.group(1)), one.group(2) == null ? "" : one.group(2))
                : list(account, Place.ofQuery(query, Receipts.NEWEST)));
    }

    private Uni<RestResponse<String>> one(String account, UUID id, String query) {
        Place from = Place.ofQuery(query, Place.START);
        return receipts.find(account, id)
                .onItem().ifNull().failWith(Refusal::unknownReceipt)
                .chain(receipt -> receipts.keys(id, from).map(page -> answer(receipt, from, page)));
    }

    private RestResponse<String> answer(ListedReceipt receipt, Place from, KeyPage page) {
        String body = write(receipt.with(page.json()));
        if (page.next() == null && from.equals(Place.START)) {
            return Paging.whole(body);
        }
        return Paging.page(body, receipt.deleted(), Route.PROXY_REVOCATIONS,
                page.next() == null ? null : "id=" + receipt.revocationId() + "&" + page.next().query());
    }

    private Uni<RestResponse<String>> list(String account, Place from) {
        return receipts.after(account, from).chain(rows -> {
            JsonPage page = new JsonPage(json, Receipts.PAGE);
            Place last = from;
            for (Object[] row : rows) {
                if (!page.add(ListedReceipt.of(row))) {
                    break;
                }
                last = Receipts.placeOf(row);
            }
            boolean more = page.items() < rows.size();
            return more || !from.equals(Receipts.NEWEST) ? page(account, page, more ? last : null)
                    : Uni.createFrom().item(Paging.whole(page.json()));
        });
    }

    private Uni<RestResponse<String>> page(String account, JsonPage page, Place next) {
        return receipts.count(account).map(total -> Paging.page(page.json(), total, Route.PROXY_REVOCATIONS,
                next == null ? null : next.query()));
    }

    private String write(ListedReceipt receipt) {
        try {
            return json.writeValueAsString(receipt);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("A receipt cannot be written as JSON", e);
        }
    }
}
