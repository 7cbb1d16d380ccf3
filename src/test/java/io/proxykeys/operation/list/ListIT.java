package io.proxykeys.operation.list;

import io.quarkus.test.junit.QuarkusIntegrationTest;

/** The same on the native function. */
@QuarkusIntegrationTest
class ListIT extends ListTest {
}
