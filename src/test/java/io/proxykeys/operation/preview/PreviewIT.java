package io.proxykeys.operation.preview;

import io.quarkus.test.junit.QuarkusIntegrationTest;

/** The same on the native function. */
@QuarkusIntegrationTest
class PreviewIT extends PreviewTest {
}
