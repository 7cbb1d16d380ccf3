package io.proxykeys.openapi;

import io.quarkus.test.junit.QuarkusIntegrationTest;

/** The same on the native function. */
@QuarkusIntegrationTest
class OpenApiIT extends OpenApiTest {
}
