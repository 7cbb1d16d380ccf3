package io.proxykeys.entry;

import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.RequestHandler;
import com.amazonaws.services.lambda.runtime.events.APIGatewayV2HTTPEvent;
import com.amazonaws.services.lambda.runtime.events.APIGatewayV2HTTPResponse;
import io.proxykeys.alert.AlertFailed;
import io.proxykeys.alert.AlertRefused;
import io.proxykeys.alert.SecurityAlerts;
import io.proxykeys.http.ReceivedEvent;
import io.proxykeys.http.Route;
import io.proxykeys.problem.Refusal;
import jakarta.annotation.Priority;
import jakarta.decorator.Decorator;
import jakarta.decorator.Delegate;
import jakarta.enterprise.context.Dependent;
import jakarta.enterprise.inject.Any;
import jakarta.enterprise.inject.Instance;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jboss.logging.Logger;

/**
 * The function's entry: every event passes here before anything else sees it.
 *
 * <p>An event with {@code requestContext.http} is HTTP
 * (<a href="https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html">payload
 * format 2.0</a>). Its method and path have to be exactly those of a {@link Route}, else the answer is 404, decided before
 * token, body and database.
 *
 * <p>An event without any {@code requestContext} is a security alert or an error: nothing that comes through the gateway is ever
 * taken for one. Any other event is a function error, so that Lambda retries it and hands it on.
 *
 * <p>Nothing escapes but exceptions: an {@code Error} would end the thread that polls for events, and the function would
 * hang until its time-out.
 */
@Decorator
@Dependent
@Priority(1)
class FunctionEntry implements RequestHandler<APIGatewayV2HTTPEvent, APIGatewayV2HTTPResponse> {

    private static final Logger LOG = Logger.getLogger(FunctionEntry.class);

    private final RequestHandler<APIGatewayV2HTTPEvent, APIGatewayV2HTTPResponse> router;
    private final ProblemWriter problems;
    private final SecurityAlerts alerts;
    private final DevPages devPages;

    @Inject
    FunctionEntry(@Any @Delegate RequestHandler<APIGatewayV2HTTPEvent, APIGatewayV2HTTPResponse> router,
            ProblemWriter problems, SecurityAlerts alerts, Instance<DevPages> devPages) {
        this.router = router;
        this.problems = problems;
        this.alerts = alerts;
        this.devPages = devPages.isResolvable() ? devPages.get() : DevPages.NONE;
    }

    @Override
    public APIGatewayV2HTTPResponse handleRequest(APIGatewayV2HTTPEvent event, Context context) {
        if (event instanceof LambdaEvent received && received.isHttp()) {
            return answer(received, context);
        }
        if (event instanceof LambdaEvent received && !received.hasRequestContext()) {
            return revoke(received, context);
        }
        throw new AlertRefused("the event is neither a request of an HTTP API (payload format 2.0) nor an alert");
    }

    private LambdaAnswer revoke(LambdaEvent event, Context context) {
        try {
            return new LambdaAnswer(alerts.handle(event, context.getAwsRequestId(),
                    Duration.ofMillis(context.getRemainingTimeInMillis())));
        } catch (Error error) {
            throw new AlertFailed("the alert was not carried out: " + error, error);
        }
    }

    private APIGatewayV2HTTPResponse answer(LambdaEvent event, Context context) {
        APIGatewayV2HTTPResponse response;
        try {
            response = serve(event, context);
        } catch (Exception | Error failure) {
            LOG.errorf(failure, "Request %s failed", context.getAwsRequestId());
            response = problems.response(Refusal.internal(failure));
        }
        return withCommonHeaders(response);
    }

    private APIGatewayV2HTTPResponse serve(APIGatewayV2HTTPEvent event, Context context) {
        Optional<Route> route = Route.match(event.getRequestContext().getHttp().getMethod(), event.getRawPath());
        if (route.isEmpty()) {
            return devPages.contain(event.getRawPath()) ? router.handleRequest(event, context) : problems.notFound();
        }
        APIGatewayV2HTTPResponse response = router.handleRequest(new ReceivedEvent(event, route.get()), context);
        if (response.getStatusCode() >= 400 && !problems.isProblem(response)) {
            LOG.errorf("Request %s: the router answered %d by itself", context.getAwsRequestId(), response.getStatusCode());
            return problems.response(Refusal.internal(null));
        }
        return response;
    }

    private static APIGatewayV2HTTPResponse withCommonHeaders(APIGatewayV2HTTPResponse response) {
        Map<String, String> headers = new HashMap<>();
        if (response.getHeaders() != null) {
            headers.putAll(response.getHeaders());
        }
        // Between the router and us, not between us and the client (RFC 9110, section 7.6.1): the body is one string here.
        headers.keySet().removeIf("transfer-encoding"::equalsIgnoreCase);
        headers.put("Cache-Control", "no-store");
        headers.put("X-Content-Type-Options", "nosniff");
        response.setHeaders(headers);
        return response;
    }
}
