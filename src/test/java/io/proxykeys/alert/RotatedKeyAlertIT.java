package io.proxykeys.alert;

import io.quarkus.test.junit.QuarkusIntegrationTest;

/** The same on the native function. */
@QuarkusIntegrationTest
class RotatedKeyAlertIT extends RotatedKeyAlertTest {
}
