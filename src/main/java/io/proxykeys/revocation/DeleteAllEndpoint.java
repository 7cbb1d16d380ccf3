package io.proxykeys.revocation;

import io.proxykeys.access.Caller;
import io.proxykeys.http.Answer;
import io.proxykeys.http.Call;
import io.proxykeys.http.Endpoint;
import io.proxykeys.http.IdempotencyKey;
import io.proxykeys.http.Route;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;

/**
 * {@code DELETE /v1/auth/proxy}: deletes every proxy key of the caller's account, at once and for good, and returns the
 * unused credits. With {@code ?status=} only the expired, the inactive or the never used ones. A request body is ignored.
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
    public Uni<Answer> serve(Call call, Caller caller) {
        Operation operation = Operation.ofQuery(call.rawQuery());
        RevocationOrder order = RevocationOrder.request(caller, operation, null, IdempotencyKey.of(call), call.awsRequestId());
        return revocations.revoke(order).map(receipt -> DeletedKeys.answer(DeletedKeys.ALL, receipt));
    }
}
