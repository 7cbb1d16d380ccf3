package io.proxykeys.operation.toggle;

import io.quarkus.test.junit.QuarkusIntegrationTest;

/** The same on the native function. */
@QuarkusIntegrationTest
class ToggleIT extends ToggleTest {
}
