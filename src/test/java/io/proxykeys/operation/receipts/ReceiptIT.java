package io.proxykeys.operation.receipts;

import io.quarkus.test.junit.QuarkusIntegrationTest;

/** The same on the native function. */
@QuarkusIntegrationTest
class ReceiptIT extends ReceiptTest {
}
