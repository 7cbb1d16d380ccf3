package io.proxykeys.revocation;

import io.proxykeys.access.Caller;
import io.proxykeys.http.Answer;
import io.proxykeys.http.Call;
import io.proxykeys.http.Endpoint;
import io.proxykeys.http.IdempotencyKey;
import io.proxykeys.http.JsonBody;
import io.proxykeys.http.Route;
import io.proxykeys.key.KeyReference;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.util.Set;

/**
 * {@code POST /v1/auth/proxy/remove}: deletes one proxy key, named in the body by its public identifier or its full secret,
 * and returns its unused credits.
 */
@Singleton
class RemoveEndpoint implements Endpoint {

    private static final Set<String> FIELDS = Set.of("proxy_key");

    private final Revocations revocations;

    @Inject
    RemoveEndpoint(Revocations revocations) {
        this.revocations = revocations;
    }

    @Override
    public Route route() {
        return Route.REMOVE;
    }

    @Override
    public Uni<Answer> serve(Call call, Caller caller) {
        JsonBody body = JsonBody.of(call, FIELDS);
        call.refuseQuery();
        String idempotencyKey = IdempotencyKey.of(call);
        RevocationOrder order = RevocationOrder.request(caller, Operation.ONE, KeyReference.of(body.proxyKey()), idempotencyKey,
                call.awsRequestId());
        return revocations.revoke(order).map(receipt -> DeletedKeys.answer("Proxy key deleted", receipt));
    }
}
