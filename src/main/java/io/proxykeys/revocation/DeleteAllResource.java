package io.proxykeys.revocation;

import io.proxykeys.access.Caller;
import io.proxykeys.http.Call;
import io.proxykeys.http.IdempotencyKey;
import io.proxykeys.http.Route;
import io.proxykeys.problem.Refusal;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Inject;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.SecurityContext;
import org.jboss.resteasy.reactive.RestResponse;
import org.jboss.resteasy.reactive.RestResponse.ResponseBuilder;

/**
 * {@code DELETE /v1/auth/proxy}: deletes every proxy key of the caller's account, at once and for good, and returns the
 * unused credits. With {@code ?status=} only the expired, the inactive or the never used ones. A request body is ignored.
 */
@Path(Route.PROXY)
public class DeleteAllResource {

    private static final String STATUS = "status=";

    private final Revocations revocations;
    private final Call call;

    @Inject
    DeleteAllResource(Revocations revocations, Call call) {
        this.revocations = revocations;
        this.call = call;
    }

    @DELETE
    public Uni<RestResponse<DeletedKeys>> deleteAll(@Context SecurityContext security) {
        Caller caller = (Caller) security.getUserPrincipal();
        Operation operation = operation(call.rawQuery());
        RevocationOrder order = RevocationOrder.of(caller.account(), operation, IdempotencyKey.of(call), caller.client(),
                call.awsRequestId());
        return revocations.revoke(order).map(DeleteAllResource::answer);
    }

    /** Compared as it is and not decoded: a typo must never delete everything. */
    private static Operation operation(String rawQuery) {
        if (rawQuery.isEmpty()) {
            return Operation.ALL;
        }
        return switch (rawQuery) {
            case STATUS + "expired" -> Operation.EXPIRED;
            case STATUS + "inactive" -> Operation.INACTIVE;
            case STATUS + "never_used" -> Operation.NEVER_USED;
            default -> throw Refusal.malformed(
                    "The query must be empty (all keys), or status=expired, status=inactive or status=never_used, once."
                            + " Nothing was deleted.");
        };
    }

    private static RestResponse<DeletedKeys> answer(Receipt receipt) {
        ResponseBuilder<DeletedKeys> response = ResponseBuilder.ok(DeletedKeys.of(receipt), MediaType.APPLICATION_JSON_TYPE);
        return receipt.replayed() ? response.header("Idempotency-Replayed", "true").build() : response.build();
    }
}
