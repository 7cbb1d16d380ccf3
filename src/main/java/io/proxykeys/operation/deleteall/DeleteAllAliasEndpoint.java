package io.proxykeys.operation.deleteall;

import io.proxykeys.auth.Caller;
import io.proxykeys.http.Endpoint;
import io.proxykeys.http.Request;
import io.proxykeys.http.Response;
import io.proxykeys.http.Route;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;

/** {@code DELETE /v1/auth/proxy/delete}: {@link DeleteAllEndpoint} in everything, also for its {@code Idempotency-Key} and its limit. */
@Singleton
class DeleteAllAliasEndpoint implements Endpoint {

    private final DeleteAllEndpoint deleteAll;

    @Inject
    DeleteAllAliasEndpoint(DeleteAllEndpoint deleteAll) {
        this.deleteAll = deleteAll;
    }

    @Override
    public Route route() {
        return Route.DELETE_ALL_ALIAS;
    }

    @Override
    public Uni<Response> serve(Request request, Caller caller) {
        return deleteAll.serve(request, caller);
    }
}
