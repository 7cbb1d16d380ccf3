package io.proxykeys.revocation;

import io.proxykeys.access.Caller;
import io.proxykeys.http.Call;
import io.proxykeys.http.IdempotencyKey;
import io.proxykeys.http.Route;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Inject;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.SecurityContext;
import org.jboss.resteasy.reactive.RestResponse;

/**
 * {@code DELETE /v1/auth/proxy}: deletes every proxy key of the caller's account, at once and for good, and returns the
 * unused credits. With {@code ?status=} only the expired, the inactive or the never used ones. A request body is ignored.
 */
@Path(Route.PROXY)
public class DeleteAllResource {

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
        Operation operation = Operation.ofQuery(call.rawQuery());
        RevocationOrder order = RevocationOrder.request(caller, operation, null, IdempotencyKey.of(call), call.awsRequestId());
        return revocations.revoke(order).map(receipt -> DeletedKeys.answer("Proxy keys deleted", receipt));
    }
}
