package io.proxykeys.operation.update;

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
import io.proxykeys.operation.KeyFields;
import io.proxykeys.operation.KeyLog;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * {@code POST /v1/auth/proxy/update}: changes the settings of one key, named in the body by its public identifier or its full secret. The
 * difference of its allocation moves from or to the balance.
 *
 * <p>Not run again once COMMIT was sent: another change may have come after it, or a block.
 */
@Singleton
class UpdateEndpoint implements Endpoint {

    private static final Set<String> FIELDS = fields();

    private final Transactions transactions;
    private final RateLimit limit;

    @Inject
    UpdateEndpoint(Transactions transactions, Settings settings) {
        this.transactions = transactions;
        this.limit = Bucket.LOOKUP_UPDATE.limit(settings);
    }

    private static Set<String> fields() {
        Set<String> fields = new HashSet<>(KeyFields.NAMES);
        fields.add("proxy_key");
        return Set.copyOf(fields);
    }

    @Override
    public Route route() {
        return Route.UPDATE;
    }

    @Override
    public Uni<Response> serve(Request request, Caller caller) {
        JsonBody body = JsonBody.of(request, FIELDS, KeyFields.MAX_BYTES);
        request.refuseQuery();
        KeyReference target = KeyReference.of(body.proxyKey());
        KeyChange change = new KeyChange(KeyFields.name(body), KeyFields.allocation(body), KeyFields.expiry(body), KeyFields.models(body),
                KeyFields.addresses(body));
        List<String> changed = change.fields();
        if (changed.isEmpty()) {
            throw KeyFields.invalid("At least one of name, expires_at, allocated_ammount, model_whitelist and ip_whitelist is required");
        }
        return transactions.run(request.gate(), UpdateStatement.of(caller.account(), target, change, limit)::send)
                .map(updated -> {
                    KeyLog.updated(caller, updated.get(), changed);
                    return Response.json(json -> json.writeStringField("message", "Proxy key updated"));
                });
    }
}
