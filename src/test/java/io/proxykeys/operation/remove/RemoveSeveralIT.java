package io.proxykeys.operation.remove;

import io.quarkus.test.junit.QuarkusIntegrationTest;

/** The same on the native function. */
@QuarkusIntegrationTest
class RemoveSeveralIT extends RemoveSeveralTest {
}
