package io.proxykeys.operation;

import io.quarkus.test.junit.QuarkusIntegrationTest;

/** The same on the native function. */
@QuarkusIntegrationTest
class SubjectIT extends SubjectTest {
}
