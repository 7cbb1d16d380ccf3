package io.proxykeys.operation.recreate;

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
import io.proxykeys.key.NewKeys;
import io.proxykeys.key.Refusals;
import io.proxykeys.operation.KeyLog;
import io.proxykeys.problem.ProblemException;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.util.Set;

/**
 * {@code POST /v1/auth/proxy/recreate}: makes the deleted keys of a receipt anew, all or, with {@code proxy_keys}, some of them: with the
 * same settings, what they had left, and new secrets and identifiers. All or none, and each key once.
 */
@Singleton
class RecreateEndpoint implements Endpoint {

    private static final Set<String> FIELDS = Set.of("revocation_id", "proxy_keys");
    private static final int MAX_BYTES = 64 * 1024;

    private final Transactions transactions;
    private final NewKeys newKeys;
    private final RateLimit limit;

    @Inject
    RecreateEndpoint(Transactions transactions, NewKeys newKeys, Settings settings) {
        this.transactions = transactions;
        this.newKeys = newKeys;
        this.limit = Bucket.RECREATE.limit(settings);
    }

    @Override
    public Route route() {
        return Route.RECREATE;
    }

    @Override
    public Uni<Response> serve(Request request, Caller caller) {
        JsonBody body = JsonBody.of(request, FIELDS, MAX_BYTES);
        request.refuseQuery();
        Recreation recreation = Recreation.of(body);
        return transactions.runAgainIfLost(request.gate(), new RecreateStatements(caller.account(), recreation, newKeys, limit)::send)
                .onFailure(Refusals::isOfSecret).transform(ProblemException::unavailable)
                .map(recreated -> {
                    RecreatedKeys keys = recreated.get();
                    KeyLog.recreated(caller, recreation.receipt(), keys.ids(), keys.creditsAllocated());
                    return Response.json(keys);
                });
    }
}
