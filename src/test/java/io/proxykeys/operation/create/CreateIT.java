package io.proxykeys.operation.create;

import io.quarkus.test.junit.QuarkusIntegrationTest;

/** The same on the native function. */
@QuarkusIntegrationTest
class CreateIT extends CreateTest {
}
