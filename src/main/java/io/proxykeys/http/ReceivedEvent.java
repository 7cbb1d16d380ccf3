package io.proxykeys.http;

import com.amazonaws.services.lambda.runtime.events.APIGatewayV2HTTPEvent;

/**
 * What the router gets to see of a request: the route's own method and path and nothing else, so that no header, query or
 * body, however odd, can upset it. What was received travels along for {@link Call}.
 */
public final class ReceivedEvent extends APIGatewayV2HTTPEvent {

    private final transient APIGatewayV2HTTPEvent received;
    private final transient Route route;

    public ReceivedEvent(APIGatewayV2HTTPEvent received, Route route) {
        this.received = received;
        this.route = route;
        setRawPath(route.path());
        setRequestContext(RequestContext.builder()
                .withHttp(RequestContext.Http.builder().withMethod(route.method()).withPath(route.path()).build())
                .build());
    }

    APIGatewayV2HTTPEvent received() {
        return received;
    }

    Route route() {
        return route;
    }
}
