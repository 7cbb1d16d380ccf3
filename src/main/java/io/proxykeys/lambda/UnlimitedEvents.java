package io.proxykeys.lambda;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.proxykeys.json.JsonLimits;
import io.quarkus.jackson.ObjectMapperCustomizer;
import jakarta.inject.Singleton;

/** Has events read whatever they carry beside what is used. */
@Singleton
class UnlimitedEvents implements ObjectMapperCustomizer {

    @Override
    public void customize(ObjectMapper events) {
        events.getFactory().setStreamReadConstraints(JsonLimits.NONE);
    }
}
