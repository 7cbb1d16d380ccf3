package io.proxykeys.http;

import io.proxykeys.auth.AccessTokens;
import io.proxykeys.auth.InsufficientScope;
import io.proxykeys.auth.InvalidToken;
import io.proxykeys.auth.NoToken;
import io.proxykeys.database.DatabaseUnavailable;
import io.proxykeys.database.OutcomeUnknown;
import io.proxykeys.database.UnknownAccount;
import io.proxykeys.log.LogEvent;
import io.proxykeys.log.Metric;
import io.proxykeys.problem.ProblemException;
import io.proxykeys.signingkeys.NoKeySet;
import io.quarkus.arc.All;
import io.quarkus.runtime.Startup;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;
import org.jboss.logging.Logger;

/**
 * Finds the {@link Endpoint} of a request, and lets only the bearer of a valid access token with the scope of the route reach it.
 * Endpoints never check tokens themselves, so none can forget to. Made at start-up, which fails if a route has no endpoint.
 */
@Startup
@Singleton
public class Endpoints {

    private static final Logger LOG = Logger.getLogger(Endpoints.class);

    private final AccessTokens tokens;
    private final Map<Route, Endpoint> byRoute = new EnumMap<>(Route.class);
    private final Map<Route, SignedEndpoint> signed = new EnumMap<>(Route.class);

    @Inject
    Endpoints(AccessTokens tokens, @All List<Endpoint> endpoints, @All List<SignedEndpoint> signedEndpoints) {
        this.tokens = tokens;
        endpoints.forEach(endpoint -> byRoute.put(endpoint.route(), endpoint));
        signedEndpoints.forEach(endpoint -> signed.put(endpoint.route(), endpoint));
        if (byRoute.size() != endpoints.size() || signed.size() != signedEndpoints.size()) {
            throw new IllegalStateException("two endpoints for one route");
        }
        for (Route route : Route.values()) {
            if ((route.scope().isPresent() ? byRoute : signed).get(route) == null) {
                throw new IllegalStateException("no endpoint for " + route);
            }
        }
    }

    /** Whether this deployment serves the route; where not, nobody is to see that there could be one. */
    public boolean serves(Route route) {
        return route.scope().isPresent() || signed.get(route).isServed();
    }

    /** Authenticates and serves a call. Does not fail: whatever goes wrong has an answer. */
    public Uni<Response> serve(Request request) {
        Route route = request.route();
        return route.scope().map(scope -> serve(request, scope))
                .orElseGet(() -> Uni.createFrom().deferred(() -> signed.get(route).serve(request))
                        .onFailure().recoverWithItem(failure -> answer(request, failure, line -> {})));
    }

    private Uni<Response> serve(Request request, String scope) {
        return Uni.createFrom().deferred(() -> tokens.verify(request.headers("Authorization"), scope))
                .chain(caller -> Uni.createFrom().deferred(() -> byRoute.get(request.route()).serve(request, caller))
                        .onFailure().recoverWithItem(failure -> answer(request, failure, line -> line
                                .with("account_id", caller.account()).with("requested_by", caller.client())
                                .with("subject", caller.subject()))))
                .onFailure().recoverWithItem(failure -> answer(request, failure, line -> {}));
    }

    /** The answer to a call that took too long: whatever becomes of it now, nobody is told. */
    public Response giveUp(Request request, Throwable late) {
        request.gate().close();
        return answer(request, outcomeUnknown(request, request.gate().receipt(), late), line -> {});
    }

    /** The answer to a call that cannot even be read, by a fault of ours. */
    public Response fail(Throwable fault) {
        ProblemException refusal = ProblemException.internal(fault);
        refused(refusal).error(LOG, fault);
        return Response.of(refusal);
    }

    /** The one exit for everything that goes wrong: the answer to the client, and to the log what an operator has to know. */
    private Response answer(Request request, Throwable failure, Consumer<LogEvent> caller) {
        ProblemException refusal = refusal(request, failure);
        int status = refusal.problem().status();
        Throwable cause = refusal.getCause();
        if (status >= 500 || status == 403 || status == 429 || cause != null) {
            LogEvent line = refused(refusal)
                    .with("aws_request_id", request.awsRequestId())
                    .with("route", request.route().name().toLowerCase(Locale.ROOT));
            caller.accept(line);
            if (failure instanceof DatabaseUnavailable || failure instanceof OutcomeUnknown) {
                line.count(Metric.DATABASE_UNAVAILABLE);
            }
            if (status >= 500) {
                line.error(LOG, cause);
            } else {
                line.with("reason", cause == null ? null : cause.getMessage()).info(LOG);
            }
        }
        return Response.of(refusal);
    }

    /** A line of the log about a refusal, which counts it. */
    private static LogEvent refused(ProblemException refusal) {
        return LogEvent.of("call_refused", refusal.problem().title())
                .with("status", Integer.toString(refusal.problem().status()))
                .count(Metric.REFUSED_CALLS).by("status");
    }

    private ProblemException refusal(Request request, Throwable failure) {
        if (failure instanceof ProblemException refusal) {
            return refusal;
        }
        if (failure instanceof DatabaseUnavailable unavailable) {
            return unavailable.isTooSlow() && request.route().deletesAll() ? ProblemException.tooLarge(unavailable.getCause())
                    : ProblemException.unavailable(unavailable.getCause());
        }
        if (failure instanceof OutcomeUnknown unknown) {
            return outcomeUnknown(request, unknown.receipt(), unknown.getCause());
        }
        return failure instanceof UnknownAccount ? ProblemException.invalidToken(failure) : ofAccessToken(failure);
    }

    /**
     * What is said about a call of which it is not known what became of it: a change may have happened.
     *
     * @param id of what it writes: {@link Endpoint#outcomeUnknown}
     */
    private ProblemException outcomeUnknown(Request request, Optional<UUID> id, Throwable cause) {
        if (!request.route().changesSomething()) {
            return ProblemException.unavailable(cause);
        }
        Endpoint endpoint = byRoute.get(request.route());
        return endpoint == null ? ProblemException.outcomeUnknown(id.orElse(null), cause) : endpoint.outcomeUnknown(id, cause);
    }

    private static ProblemException ofAccessToken(Throwable failure) {
        if (failure instanceof NoToken none) {
            return ProblemException.unauthenticated(none.isSentOtherwise() ? none : null);
        }
        if (failure instanceof InvalidToken) {
            return ProblemException.invalidToken(failure);
        }
        if (failure instanceof InsufficientScope forbidden) {
            return ProblemException.insufficientScope(forbidden.scope(), forbidden);
        }
        return failure instanceof NoKeySet ? ProblemException.unavailable(failure) : ProblemException.internal(failure);
    }
}
