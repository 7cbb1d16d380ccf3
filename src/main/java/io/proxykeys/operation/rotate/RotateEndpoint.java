package io.proxykeys.operation.rotate;

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
import io.proxykeys.json.WholeNumbers;
import io.proxykeys.key.NamedKeys;
import io.proxykeys.key.NewKeys;
import io.proxykeys.key.Refusals;
import io.proxykeys.operation.KeyFields;
import io.proxykeys.operation.KeyLog;
import io.proxykeys.problem.ProblemException;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * {@code POST /v1/auth/proxy/rotate}: gives one key, or up to 1,000, a new secret, shown this once, all or none. Everything else stays
 * as it
 * is; with {@code overlap_seconds} the secret before it works for that long, too. After a lost answer the caller rotates again: during an
 * overlap that ends neither the older secret nor its time.
 */
@Singleton
class RotateEndpoint implements Endpoint {

    private static final Set<String> FIELDS = Set.of("proxy_key", "proxy_keys", "overlap_seconds");
    private static final int LONGEST_OVERLAP = 604_800;

    private final Transactions transactions;
    private final NewKeys newKeys;
    private final RateLimit limit;

    @Inject
    RotateEndpoint(Transactions transactions, NewKeys newKeys, Settings settings) {
        this.transactions = transactions;
        this.newKeys = newKeys;
        this.limit = Bucket.ROTATE.limit(settings);
    }

    @Override
    public Route route() {
        return Route.ROTATE;
    }

    @Override
    public Uni<Response> serve(Request request, Caller caller) {
        JsonBody body = JsonBody.of(request, FIELDS, JsonBody.MAX_BYTES_OF_LISTS);
        request.refuseQuery();
        Optional<List<String>> list = body.distinctProxyKeys();
        NamedKeys named = NamedKeys.of(list.orElseGet(() -> List.of(body.proxyKey())));
        int overlapSeconds = overlap(body);
        RotateStatement statement = new RotateStatement(named, list.isEmpty(), newKeys.next(named.keys().size()), overlapSeconds);
        return transactions.runAgainIfLost(request.gate(), statement.change(caller.account(), limit)::send)
                .onFailure(Refusals::isOfSecret).transform(ProblemException::unavailable)
                .map(done -> {
                    RotatedKeys keys = done.get();
                    KeyLog.rotated(caller, keys.ids(), overlapSeconds);
                    return Response.json(keys);
                });
    }

    private static int overlap(JsonBody body) {
        return body.field("overlap_seconds").map(value -> WholeNumbers.upTo(LONGEST_OVERLAP, value)
                .orElseThrow(() -> KeyFields.invalid("overlap_seconds must be a whole number from 0 to " + LONGEST_OVERLAP))).orElse(0);
    }
}
