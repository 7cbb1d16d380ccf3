package io.proxykeys.github;

import io.quarkus.test.junit.QuarkusIntegrationTest;

/** The same on the native function. */
@QuarkusIntegrationTest
class GithubReportIT extends GithubReportTest {
}
