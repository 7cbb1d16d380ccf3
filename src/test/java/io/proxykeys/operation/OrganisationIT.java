package io.proxykeys.operation;

import io.quarkus.test.junit.QuarkusIntegrationTest;
import io.quarkus.test.junit.TestProfile;

/** The same on the native function. */
@QuarkusIntegrationTest
@TestProfile(OrganisationTest.OfAnotherIssuer.class)
class OrganisationIT extends OrganisationTest {
}
