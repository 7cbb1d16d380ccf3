package io.proxykeys.lambda;

import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.events.APIGatewayV2HTTPEvent;
import com.amazonaws.services.lambda.runtime.events.APIGatewayV2HTTPResponse;
import io.proxykeys.alert.AlertFailed;
import io.proxykeys.alert.InvalidAlert;
import io.proxykeys.alert.SecurityAlerts;
import io.proxykeys.database.CommitGate;
import io.proxykeys.database.DatabaseUnavailable;
import io.proxykeys.database.OutcomeUnknown;
import io.proxykeys.http.Endpoints;
import io.proxykeys.http.Request;
import io.proxykeys.http.Response;
import io.proxykeys.http.Route;
import io.proxykeys.log.CallId;
import io.proxykeys.log.LogEvent;
import io.proxykeys.log.Metric;
import io.proxykeys.maintenance.Maintenance;
import io.proxykeys.maintenance.MaintenanceFailed;
import io.proxykeys.problem.ProblemException;
import io.quarkus.amazon.lambda.http.LambdaHttpHandler;
import io.quarkus.arc.Unremovable;
import jakarta.annotation.Priority;
import jakarta.enterprise.inject.Alternative;
import jakarta.enterprise.inject.Instance;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import org.jboss.logging.Logger;

/**
 * The function's entry: every event passes here before anything else sees it. It takes the place of Quarkus' handler, which has no scope:
 * made anew for each event, what is injected into it would never be free again (CDI 4.1, section 6.4.1, "Dependent objects").
 *
 * <p>An event with {@code requestContext.http} is HTTP
 * (<a href="https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html">payload
 * format 2.0</a>). Its method and path have to be exactly those of a {@link Route}, else the answer is 404, decided before
 * token, body and database.
 *
 * <p>An event without any {@code requestContext} is a security alert, {@linkplain Maintenance maintenance}, or an error: nothing
 * that comes through the gateway is ever treated as one of these. Any other event is a function error, so that Lambda retries it and
 * hands it on.
 *
 * <p>Every event is answered before the invocation's deadline ({@link InvocationDeadline}). Nothing escapes but exceptions: an
 * {@code Error} would end the thread that polls for events, and the function would hang until its timeout.
 */
@Singleton
@Alternative
@Priority(1)
@Unremovable
class FunctionEntry extends LambdaHttpHandler {

    private static final Logger LOG = Logger.getLogger(FunctionEntry.class);
    /** Written once: a path that is not served costs as little as possible. */
    private static final Response NOT_FOUND = Response.of(ProblemException.notFound());

    private final InvocationDeadline deadline;
    private final Endpoints endpoints;
    private final SecurityAlerts alerts;
    private final Maintenance maintenance;
    private final DevPages devPages;

    @Inject
    FunctionEntry(InvocationDeadline deadline, Endpoints endpoints, SecurityAlerts alerts, Maintenance maintenance,
            Instance<DevPages> devPages) {
        this.deadline = deadline;
        this.endpoints = endpoints;
        this.alerts = alerts;
        this.maintenance = maintenance;
        this.devPages = devPages.isResolvable() ? devPages.get() : DevPages.NONE;
    }

    @Override
    public APIGatewayV2HTTPResponse handleRequest(APIGatewayV2HTTPEvent event, Context context) {
        CallId.set(context.getAwsRequestId());
        if (event instanceof LambdaEvent received && received.isHttp()) {
            return answer(received, context);
        }
        if (event instanceof LambdaEvent received && !received.hasRequestContext()) {
            return Maintenance.SOURCE.equals(received.envelope().source().textValue()) ? maintain(received, context)
                    : revoke(received, context);
        }
        throw logged("alert_failed", new InvalidAlert("the event is neither a request of an HTTP API (payload format 2.0) nor an alert"));
    }

    private APIGatewayV2HTTPResponse answer(LambdaEvent event, Context context) {
        try {
            if (devPages.contain(event.method(), event.rawPath())) {
                return super.handleRequest(event.forRouter(), context);
            }
            Optional<Route> route = Route.match(event.method(), event.rawPath()).filter(endpoints::serves);
            return LambdaResponse.of(route.isEmpty() ? NOT_FOUND : serve(event, route.get(), context), context.getAwsRequestId());
        } catch (Throwable failure) {
            return LambdaResponse.of(endpoints.fail(failure), context.getAwsRequestId());
        }
    }

    private Response serve(LambdaEvent event, Route route, Context context) throws Throwable {
        Duration bound = bound(context);
        Request request = event.request(route, context.getAwsRequestId(), bound, new CommitGate(bound));
        try {
            return deadline.await(bound, context.getAwsRequestId(), () -> endpoints.serve(request));
        } catch (TimeoutException late) {
            return endpoints.giveUp(request, late);
        }
    }

    private LambdaResponse revoke(LambdaEvent event, Context context) {
        Duration bound = bound(context);
        CommitGate gate = new CommitGate(bound);
        try {
            return new LambdaResponse(deadline.await(bound, context.getAwsRequestId(),
                    () -> alerts.handle(event.envelope(), gate)));
        } catch (InvalidAlert | AlertFailed failure) {
            throw logged("alert_failed", failure);
        } catch (TimeoutException late) {
            gate.close();
            throw logged("alert_failed", AlertFailed.late(gate.receipt(), late));
        } catch (Throwable failure) {
            // An Error too: it would end the thread that polls for events.
            throw logged("alert_failed", new AlertFailed("the alert was not carried out: " + failure, failure));
        }
    }

    private LambdaResponse maintain(LambdaEvent event, Context context) {
        Duration bound = bound(context);
        try {
            return new LambdaResponse(deadline.await(bound, context.getAwsRequestId(), () -> maintenance.run(event.envelope().detailType()
                    .textValue(), bound)));
        } catch (MaintenanceFailed failure) {
            throw logged("maintenance_failed", failure);
        } catch (Throwable failure) {
            // An Error too, as above. What was done so far stays done, and the next event does the rest.
            throw logged("maintenance_failed", new MaintenanceFailed("the maintenance was not finished: " + failure, failure));
        }
    }

    /** Nobody reads the answer to an event that is not a call, so the log has to say why it failed. */
    private static RuntimeException logged(String event, RuntimeException failure) {
        LogEvent line = LogEvent.of(event, failure.getMessage());
        if (failure.getCause() instanceof DatabaseUnavailable || failure.getCause() instanceof OutcomeUnknown) {
            line.count(Metric.DATABASE_UNAVAILABLE);
        }
        line.error(LOG, failure.getCause());
        return failure;
    }

    private static Duration bound(Context context) {
        return InvocationDeadline.bound(context.getRemainingTimeInMillis());
    }
}
