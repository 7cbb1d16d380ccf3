package io.proxykeys.operation.rotate;

import io.quarkus.test.junit.QuarkusIntegrationTest;

/** The same on the native function. */
@QuarkusIntegrationTest
class RotateInterleavingIT extends RotateInterleavingTest {
}
