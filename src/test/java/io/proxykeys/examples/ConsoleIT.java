package io.proxykeys.examples;

import io.quarkus.test.junit.QuarkusIntegrationTest;

/** The same with the native function. */
@QuarkusIntegrationTest
class ConsoleIT extends ConsoleTest {
}
