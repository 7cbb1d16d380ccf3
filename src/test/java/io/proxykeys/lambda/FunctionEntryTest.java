package io.proxykeys.lambda;

import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;

import io.proxykeys.harness.Harness;
import io.quarkus.amazon.lambda.http.LambdaHttpHandler;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.enterprise.inject.Instance;
import jakarta.inject.Inject;
import org.junit.jupiter.api.Test;

/** What Quarkus asks for with each event. */
@QuarkusTest
@WithTestResource(Harness.class)
class FunctionEntryTest {

    @Inject
    Instance<LambdaHttpHandler> handler;

    @Test
    void theEntryTakesThePlaceOfTheHandlerAndIsMadeOnce() {
        assertInstanceOf(FunctionEntry.class, handler.get());
        assertSame(handler.get(), handler.get());
    }
}
