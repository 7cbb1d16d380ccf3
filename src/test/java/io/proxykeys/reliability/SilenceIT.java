package io.proxykeys.reliability;

import io.quarkus.test.junit.QuarkusIntegrationTest;

/** The same on the native function. */
@QuarkusIntegrationTest
class SilenceIT extends SilenceTest {
}
