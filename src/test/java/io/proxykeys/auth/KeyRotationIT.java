package io.proxykeys.auth;

import io.quarkus.test.junit.QuarkusIntegrationTest;

/** The same on the native function. */
@QuarkusIntegrationTest
class KeyRotationIT extends KeyRotationTest {
}
