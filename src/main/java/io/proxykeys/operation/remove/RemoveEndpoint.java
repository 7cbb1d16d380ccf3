package io.proxykeys.operation.remove;

import io.proxykeys.auth.Caller;
import io.proxykeys.http.Endpoint;
import io.proxykeys.http.IdempotencyKey;
import io.proxykeys.http.JsonBody;
import io.proxykeys.http.Request;
import io.proxykeys.http.Response;
import io.proxykeys.http.Route;
import io.proxykeys.key.NamedKeys;
import io.proxykeys.revocation.DeletedKeys;
import io.proxykeys.revocation.RevocationRequest;
import io.proxykeys.revocation.Revocations;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * {@code POST /v1/auth/proxy/remove}: deletes one proxy key, or with {@code proxy_keys} up to 1,000, named in the body by their
 * public identifiers or full secrets, and returns their unused credits.
 */
@Singleton
class RemoveEndpoint implements Endpoint {

    private static final Set<String> FIELDS = Set.of("proxy_key", "proxy_keys");

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
        JsonBody body = JsonBody.of(request, FIELDS, JsonBody.MAX_BYTES_OF_LISTS);
        request.refuseQuery();
        Optional<List<String>> list = body.distinctProxyKeys();
        NamedKeys named = NamedKeys.of(list.orElseGet(() -> List.of(body.proxyKey())));
        RevocationRequest revocation = RevocationRequest.ofNamed(caller, list.isEmpty(), named, Optional.ofNullable(IdempotencyKey.of(
                request)));
        return revocations.revoke(revocation, request.gate())
                .map(receipt -> Response.json(DeletedKeys.of(list.isEmpty() ? DeletedKeys.ONE : DeletedKeys.ALL, receipt), receipt
                        .replayed()));
    }
}
