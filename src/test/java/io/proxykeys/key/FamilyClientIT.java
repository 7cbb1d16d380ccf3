package io.proxykeys.key;

import io.quarkus.test.junit.QuarkusIntegrationTest;

/** The same on the native function. */
@QuarkusIntegrationTest
class FamilyClientIT extends FamilyClientTest {
}
