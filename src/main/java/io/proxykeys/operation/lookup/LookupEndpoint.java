package io.proxykeys.operation.lookup;

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
import io.proxykeys.key.KeyReference;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.util.Set;

/**
 * {@code POST /v1/auth/proxy/lookup}: one key as the list shows it, named in the body by its public identifier or its full secret. A
 * transaction, because the call is counted.
 */
@Singleton
class LookupEndpoint implements Endpoint {

    private static final Set<String> FIELDS = Set.of("proxy_key");

    private final Transactions transactions;
    private final RateLimit limit;

    @Inject
    LookupEndpoint(Transactions transactions, Settings settings) {
        this.transactions = transactions;
        this.limit = Bucket.LOOKUP_UPDATE.limit(settings);
    }

    @Override
    public Route route() {
        return Route.LOOKUP;
    }

    @Override
    public Uni<Response> serve(Request request, Caller caller) {
        JsonBody body = JsonBody.of(request, FIELDS);
        request.refuseQuery();
        KeyReference target = KeyReference.of(body.proxyKey());
        // If it is run again, it may count the call twice, which harms nobody.
        return transactions.runAgainIfLost(request.gate(), LookupStatement.of(caller.account(), target, limit)::send)
                .map(found -> Response.json(found.get()));
    }
}
