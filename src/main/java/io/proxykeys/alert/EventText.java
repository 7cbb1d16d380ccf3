package io.proxykeys.alert;

import com.fasterxml.jackson.databind.JsonNode;
import io.proxykeys.revocation.FreeText;
import java.util.Optional;

/** Reads members of an event. */
final class EventText {

    private EventText() {
    }

    /** A text; empty if it is missing or null. Fails with {@link InvalidAlert} for anything else. */
    static Optional<String> text(JsonNode value, String name) {
        if (value == null || value.isMissingNode() || value.isNull()) {
            return Optional.empty();
        }
        if (!value.isTextual()) {
            throw new InvalidAlert(name + " must be a text");
        }
        return Optional.of(value.textValue());
    }

    /** The same of a member that decides what goes: null is none of its values. */
    static Optional<String> choice(JsonNode detail, String name) {
        if (detail.path(name).isNull()) {
            throw new InvalidAlert("detail." + name + " must be a text");
        }
        return text(detail.get(name), "detail." + name);
    }

    /** A text that says something to people only: whatever it is, it never stops a revocation. */
    static Optional<String> free(JsonNode value, int most) {
        return value != null && value.isTextual() ? FreeText.of(value.textValue(), most) : Optional.empty();
    }
}
