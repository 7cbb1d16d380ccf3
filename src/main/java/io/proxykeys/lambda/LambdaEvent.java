package io.proxykeys.lambda;

import com.amazonaws.services.lambda.runtime.events.APIGatewayV2HTTPEvent;
import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.annotation.JsonDeserialize;
import io.proxykeys.alert.SecurityAlert;
import io.quarkus.jackson.JacksonMixin;
import io.quarkus.runtime.annotations.RegisterForReflection;

/**
 * Any event that the function is invoked with: a request of the gateway, or the envelope of an alert. Members of an envelope
 * are kept as they came, so that none of them, whatever it is, keeps a request from being served.
 */
@RegisterForReflection
public class LambdaEvent extends APIGatewayV2HTTPEvent implements SecurityAlert.Envelope {

    @JsonProperty
    private JsonNode id;
    @JsonProperty
    private JsonNode source;
    @JsonProperty("detail-type")
    private JsonNode detailType;
    @JsonProperty
    private JsonNode time;
    @JsonProperty
    private JsonNode detail;
    @JsonIgnore
    private boolean withRequestContext;

    /** Has the gateway's event type read as this one. */
    @JacksonMixin(APIGatewayV2HTTPEvent.class)
    @JsonDeserialize(as = LambdaEvent.class)
    public interface ReadAsLambdaEvent {
    }

    @Override
    public void setRequestContext(RequestContext requestContext) {
        withRequestContext = true;
        super.setRequestContext(requestContext);
    }

    /** {@code requestContext.http}: HTTP, whatever else the event carries. */
    @JsonIgnore
    boolean isHttp() {
        return getRequestContext() != null && getRequestContext().getHttp() != null;
    }

    /** Whether there is a {@code requestContext} at all, as in a failure record of Lambda: then it is no alert. */
    @JsonIgnore
    boolean hasRequestContext() {
        return withRequestContext;
    }

    @Override
    public JsonNode id() {
        return id;
    }

    @Override
    public JsonNode source() {
        return source;
    }

    @Override
    public JsonNode detailType() {
        return detailType;
    }

    @Override
    public JsonNode time() {
        return time;
    }

    @Override
    public JsonNode detail() {
        return detail;
    }
}
