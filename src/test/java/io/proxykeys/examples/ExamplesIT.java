package io.proxykeys.examples;

import io.quarkus.test.junit.QuarkusIntegrationTest;

/** The same on the native function. */
@QuarkusIntegrationTest
class ExamplesIT extends ExamplesTest {
}
