package io.proxykeys.revocation;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import io.proxykeys.access.Caller;
import io.proxykeys.account.UnknownAccount;
import io.proxykeys.database.Transactions;
import io.proxykeys.http.Call;
import io.proxykeys.http.Route;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Inject;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.SecurityContext;
import java.math.BigDecimal;

/** {@code GET /v1/auth/proxy/preview}: what a deletion with the same query would take, without taking it. */
@Path(Route.PROXY_PREVIEW)
public class PreviewResource {

    /** By the predicate of the deletion; a row for an account that exists, also without keys. */
    private static final String COUNT = """
            SELECT count(k.id), CAST(coalesce(sum(k.allocated - k.used), 0) AS numeric(26, 6))
              FROM account a
              LEFT JOIN proxy_key k ON k.account_id = a.id
                   AND proxy_key_selected(?2, k.is_active, k.expires_at, k.used, clock_timestamp())
             WHERE a.id = ?1
             GROUP BY a.id""";

    private final Transactions transactions;
    private final Call call;

    @Inject
    PreviewResource(Transactions transactions, Call call) {
        this.transactions = transactions;
        this.call = call;
    }

    /**
     * The answer.
     *
     * @param wouldDelete how many keys
     * @param creditsToReturn their unused credits; a JSON number with six decimals
     */
    @JsonPropertyOrder({ "would_delete", "credits_to_return" })
    public record Preview(@JsonProperty("would_delete") long wouldDelete,
            @JsonProperty("credits_to_return") BigDecimal creditsToReturn) {
    }

    @GET
    public Uni<Preview> preview(@Context SecurityContext security) {
        Caller caller = (Caller) security.getUserPrincipal();
        Operation operation = Operation.ofQuery(call.rawQuery());
        return transactions.read(session -> session.createNativeQuery(COUNT, Object[].class)
                .setParameter(1, caller.account())
                .setParameter(2, operation.code())
                .getSingleResultOrNull())
                .onItem().ifNull().failWith(UnknownAccount::new)
                .map(row -> new Preview((Long) row[0], (BigDecimal) row[1]));
    }
}
