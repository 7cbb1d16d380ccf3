package io.proxykeys.operation.recreate;

import io.quarkus.test.junit.QuarkusIntegrationTest;

/** The same on the native function. */
@QuarkusIntegrationTest
class RecreateInterleavingIT extends RecreateInterleavingTest {
}
