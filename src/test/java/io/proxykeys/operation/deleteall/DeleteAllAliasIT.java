package io.proxykeys.operation.deleteall;

import io.quarkus.test.junit.QuarkusIntegrationTest;

/** The same on the native function. */
@QuarkusIntegrationTest
class DeleteAllAliasIT extends DeleteAllAliasTest {
}
