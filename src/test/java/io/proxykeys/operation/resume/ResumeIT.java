package io.proxykeys.operation.resume;

import io.quarkus.test.junit.QuarkusIntegrationTest;

/** The same on the native function. */
@QuarkusIntegrationTest
class ResumeIT extends ResumeTest {
}
