package io.proxykeys.database;

import io.quarkus.test.junit.QuarkusIntegrationTest;

/** The same on the native function. */
@QuarkusIntegrationTest
class ServerRefusalIT extends ServerRefusalTest {
}
