package io.proxykeys.alert;

import com.fasterxml.jackson.databind.JsonNode;

/**
 * The members of an EventBridge event that are used
 * (<a href="https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html">AWS</a>), as they came: each may
 * be missing ({@link JsonNode#isMissingNode}), null or of any type.
 */
public record Envelope(JsonNode id, JsonNode source, JsonNode detailType, JsonNode time, JsonNode detail) {
}
