package io.proxykeys.operation.create;

import io.proxykeys.auth.Caller;
import io.proxykeys.config.Settings;
import io.proxykeys.database.Bucket;
import io.proxykeys.database.RateLimit;
import io.proxykeys.database.Transactions;
import io.proxykeys.http.Endpoint;
import io.proxykeys.http.JsonBody;
import io.proxykeys.http.Request;
import io.proxykeys.http.Response;
import io.proxykeys.http.Route;
import io.proxykeys.key.CreatedKey;
import io.proxykeys.key.NewKey;
import io.proxykeys.key.NewKeys;
import io.proxykeys.key.Refusals;
import io.proxykeys.operation.KeyFields;
import io.proxykeys.operation.KeyLog;
import io.proxykeys.problem.ProblemException;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * {@code POST /v1/auth/proxy/create}: moves credits from the balance into a new key, and shows its secret, once. Not repeatable by the
 * caller; a second attempt of the function's own finds the key by its identifier and secret, which are chosen before.
 */
@Singleton
class CreateEndpoint implements Endpoint {

    private final Transactions transactions;
    private final NewKeys newKeys;
    private final RateLimit limit;

    @Inject
    CreateEndpoint(Transactions transactions, NewKeys newKeys, Settings settings) {
        this.transactions = transactions;
        this.newKeys = newKeys;
        this.limit = Bucket.CREATE.limit(settings);
    }

    @Override
    public Route route() {
        return Route.CREATE;
    }

    @Override
    public Uni<Response> serve(Request request, Caller caller) {
        JsonBody body = JsonBody.of(request, KeyFields.NAMES, KeyFields.MAX_BYTES);
        request.refuseQuery();
        NewKeySettings settings = settings(body);
        NewKey key = newKeys.next();
        return transactions.run(request.gate(), key.uuid(), CreateStatement.of(caller.account(), settings, key, limit)::send)
                .onFailure(Refusals::isOfSecret).transform(ProblemException::unavailable)
                .map(created -> {
                    Instant createdAt = created.get();
                    KeyLog.created(caller, key.id(), settings.allocated());
                    return Response.json(new CreatedKey(settings.listed(key.id(), createdAt), key.secret()));
                });
    }

    /** With the identifier of the key, so that the caller can look whether it is there. */
    @Override
    public ProblemException outcomeUnknown(Optional<UUID> id, Throwable cause) {
        return id.map(uuid -> ProblemException.creationUnknown(NewKey.idOf(uuid), cause))
                .orElseGet(() -> Endpoint.super.outcomeUnknown(id, cause));
    }

    private static NewKeySettings settings(JsonBody body) {
        NewKeySettings settings = new NewKeySettings(
                KeyFields.name(body).orElseThrow(() -> missing("name")),
                KeyFields.allocation(body).orElseThrow(() -> missing("allocated_ammount")),
                KeyFields.expiry(body).filter(seconds -> seconds != KeyFields.NEVER).map(Instant::ofEpochSecond).orElse(null),
                KeyFields.models(body).orElse(List.of()),
                KeyFields.addresses(body).orElse(List.of()));
        if (settings.expiresAt() != null && !settings.expiresAt().isAfter(Instant.now())) {
            throw KeyFields.invalidExpiry();
        }
        return settings;
    }

    private static ProblemException missing(String field) {
        return KeyFields.invalid("name and allocated_ammount are required, and " + field + " is missing");
    }
}
