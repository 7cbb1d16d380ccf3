package io.proxykeys.maintenance;

import io.quarkus.test.junit.QuarkusIntegrationTest;

@QuarkusIntegrationTest
class MaintenanceIT extends MaintenanceTest {
}
