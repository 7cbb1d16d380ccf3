package io.proxykeys.operation.lookup;

import io.quarkus.test.junit.QuarkusIntegrationTest;

/** The same on the native function. */
@QuarkusIntegrationTest
class LookupIT extends LookupTest {
}
