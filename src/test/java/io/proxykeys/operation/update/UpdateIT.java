package io.proxykeys.operation.update;

import io.quarkus.test.junit.QuarkusIntegrationTest;

/** The same on the native function. */
@QuarkusIntegrationTest
class UpdateIT extends UpdateTest {
}
