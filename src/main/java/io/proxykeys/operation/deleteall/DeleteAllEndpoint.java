package io.proxykeys.operation.deleteall;

import io.proxykeys.auth.Caller;
import io.proxykeys.http.Endpoint;
import io.proxykeys.http.IdempotencyKey;
import io.proxykeys.http.Request;
import io.proxykeys.http.Response;
import io.proxykeys.http.Route;
import io.proxykeys.operation.KeyQuery;
import io.proxykeys.revocation.DeletedKeys;
import io.proxykeys.revocation.RevocationRequest;
import io.proxykeys.revocation.Revocations;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.util.Optional;

/**
 * {@code DELETE /v1/auth/proxy}: deletes every proxy key of the caller's account, at once and for good, and returns the
 * unused credits. With {@code ?status=} and {@code ?name_prefix=} only some of them; with {@code block_new_keys_seconds} no
 * key can be created, enabled or given more for that long. A request body is ignored.
 */
@Singleton
class DeleteAllEndpoint implements Endpoint {

    private final Revocations revocations;

    @Inject
    DeleteAllEndpoint(Revocations revocations) {
        this.revocations = revocations;
    }

    @Override
    public Route route() {
        return Route.DELETE_ALL;
    }

    @Override
    public Uni<Response> serve(Request request, Caller caller) {
        KeyQuery query = KeyQuery.ofChange(request);
        Optional<String> idempotencyKey = Optional.ofNullable(IdempotencyKey.of(request));
        RevocationRequest revocation = RevocationRequest.ofSelection(caller, query.selection(), query.blockNewKeysSeconds(),
                idempotencyKey);
        return revocations.revoke(revocation, request.gate()).map(receipt -> Response.json(DeletedKeys.of(DeletedKeys.ALL, receipt),
                receipt.replayed()));
    }
}
