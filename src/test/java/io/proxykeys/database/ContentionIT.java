package io.proxykeys.database;

import io.quarkus.test.junit.QuarkusIntegrationTest;

@QuarkusIntegrationTest
class ContentionIT extends ContentionTest {
}
