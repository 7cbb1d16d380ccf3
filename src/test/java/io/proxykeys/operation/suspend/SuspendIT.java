package io.proxykeys.operation.suspend;

import io.quarkus.test.junit.QuarkusIntegrationTest;

/** The same on the native function. */
@QuarkusIntegrationTest
class SuspendIT extends SuspendTest {
}
