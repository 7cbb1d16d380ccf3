package io.proxykeys.http;

import io.quarkus.test.junit.QuarkusIntegrationTest;

/** The same on the native function. */
@QuarkusIntegrationTest
class ExactMatchIT extends ExactMatchTest {
}
