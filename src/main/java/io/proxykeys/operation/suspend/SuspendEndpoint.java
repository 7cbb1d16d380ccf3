package io.proxykeys.operation.suspend;

import io.proxykeys.auth.Caller;
import io.proxykeys.config.Settings;
import io.proxykeys.database.Bucket;
import io.proxykeys.database.RateLimit;
import io.proxykeys.database.Transactions;
import io.proxykeys.http.Endpoint;
import io.proxykeys.http.IdempotencyKey;
import io.proxykeys.http.JsonBody;
import io.proxykeys.http.Request;
import io.proxykeys.http.Response;
import io.proxykeys.http.Route;
import io.proxykeys.key.NamedKeys;
import io.proxykeys.operation.KeyQuery;
import io.proxykeys.problem.ProblemException;
import io.proxykeys.revocation.RevocationLog;
import io.proxykeys.revocation.RevocationRequest;
import io.proxykeys.revocation.Suspension;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * {@code POST /v1/auth/proxy/suspend}: disables all active keys of the account, a selection of them by the query, or those that the body
 * names, together; {@code resume} enables them again. With {@code block_new_keys_seconds} no key can be created, enabled or given more for
 * that long. No key is deleted, and no credit moves.
 */
@Singleton
class SuspendEndpoint implements Endpoint {

    private final Transactions transactions;
    private final RateLimit limit;

    @Inject
    SuspendEndpoint(Transactions transactions, Settings settings) {
        this.transactions = transactions;
        this.limit = Bucket.SUSPEND.limit(settings);
    }

    @Override
    public Route route() {
        return Route.SUSPEND;
    }

    @Override
    public Uni<Response> serve(Request request, Caller caller) {
        Optional<NamedKeys> named = named(request);
        KeyQuery query = KeyQuery.ofChange(request);
        if (named.isPresent() && query.selects()) {
            throw ProblemException.invalidField("Either the body names keys, or the query selects some. Nothing was changed.");
        }
        RevocationRequest suspension = RevocationRequest.ofSuspension(caller, query.selection(), named, query.blockNewKeysSeconds(),
                Optional.ofNullable(IdempotencyKey.of(request)));
        return transactions.run(request.gate(), suspension.id(), SuspendStatement.of(suspension, limit)::send)
                .map(done -> {
                    Suspension suspended = done.get();
                    RevocationLog.write(suspension, suspended);
                    return Response.json(suspended, suspended.replayed());
                });
    }

    /** With the id that the suspension has then: a list shows it with each suspended key. */
    @Override
    public ProblemException outcomeUnknown(Optional<UUID> id, Throwable cause) {
        return id.map(uuid -> ProblemException.suspensionUnknown(uuid, cause)).orElseGet(() -> Endpoint.super.outcomeUnknown(id, cause));
    }

    /**
     * No body at all selects by the query. Anything that is not a list of keys is refused, so that nothing more is suspended
     * than meant.
     */
    private static Optional<NamedKeys> named(Request request) {
        if (request.body() == null || request.body().isEmpty()) {
            return Optional.empty();
        }
        JsonBody body = JsonBody.of(request, Set.of("proxy_keys"), JsonBody.MAX_BYTES_OF_LISTS);
        return Optional.of(NamedKeys.of(body.distinctProxyKeys().orElseThrow(
                () -> ProblemException.invalidField("The body must be empty, or name keys in proxy_keys. Nothing was changed."))));
    }
}
