package io.proxykeys.operation.remove;

import io.proxykeys.auth.Caller;
import io.proxykeys.http.Endpoint;
import io.proxykeys.http.IdempotencyKey;
import io.proxykeys.http.JsonBody;
import io.proxykeys.http.Request;
import io.proxykeys.http.Response;
import io.proxykeys.http.Route;
import io.proxykeys.key.KeyReference;
import io.proxykeys.operation.RevocationResponse;
import io.proxykeys.revocation.DeletedKeys;
import io.proxykeys.revocation.RevocationRequest;
import io.proxykeys.revocation.Revocations;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.util.Optional;
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
    public Uni<Response> serve(Request request, Caller caller) {
        JsonBody body = JsonBody.of(request, FIELDS);
        request.refuseQuery();
        Optional<String> idempotencyKey = Optional.ofNullable(IdempotencyKey.of(request));
        RevocationRequest revocation = RevocationRequest.OfOneKey.by(caller, KeyReference.of(body.proxyKey()), idempotencyKey);
        return revocations.revoke(revocation, request.gate()).map(result -> RevocationResponse.of(DeletedKeys.ONE, result));
    }
}
