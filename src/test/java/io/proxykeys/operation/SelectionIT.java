package io.proxykeys.operation;

import io.quarkus.test.junit.QuarkusIntegrationTest;

/** The same on the native function. */
@QuarkusIntegrationTest
class SelectionIT extends SelectionTest {
}
