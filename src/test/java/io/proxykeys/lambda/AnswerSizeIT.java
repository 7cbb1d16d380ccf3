package io.proxykeys.lambda;

import io.quarkus.test.junit.QuarkusIntegrationTest;

/** The same on the native function. */
@QuarkusIntegrationTest
class AnswerSizeIT extends AnswerSizeTest {
}
