package io.proxykeys.signingkeys;

import io.quarkus.test.junit.QuarkusIntegrationTest;

/** The same on the native function. */
@QuarkusIntegrationTest
class KeyRotationIT extends KeyRotationTest {
}
