package io.proxykeys.revocation;

import io.proxykeys.access.Caller;
import io.proxykeys.http.Call;
import io.proxykeys.http.IdempotencyKey;
import io.proxykeys.http.JsonBody;
import io.proxykeys.http.Route;
import io.proxykeys.key.KeyReference;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Inject;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.SecurityContext;
import java.util.Set;
import org.jboss.resteasy.reactive.RestResponse;

/**
 * {@code POST /v1/auth/proxy/remove}: deletes one proxy key, named in the body by its public identifier or its full secret,
 * and returns its unused credits.
 */
@Path(Route.PROXY_REMOVE)
public class RemoveResource {

    private static final Set<String> FIELDS = Set.of("proxy_key");

    private final Revocations revocations;
    private final Call call;

    @Inject
    RemoveResource(Revocations revocations, Call call) {
        this.revocations = revocations;
        this.call = call;
    }

    @POST
    public Uni<RestResponse<DeletedKeys>> remove(@Context SecurityContext security) {
        Caller caller = (Caller) security.getUserPrincipal();
        JsonBody body = JsonBody.of(call, FIELDS);
        call.refuseQuery();
        String idempotencyKey = IdempotencyKey.of(call);
        RevocationOrder order = RevocationOrder.request(caller, Operation.ONE, KeyReference.of(body.proxyKey()), idempotencyKey,
                call.awsRequestId());
        return revocations.revoke(order).map(receipt -> DeletedKeys.answer("Proxy key deleted", receipt));
    }
}
