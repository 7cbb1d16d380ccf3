package io.proxykeys.auth;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;

import org.junit.jupiter.api.Test;

class TokenRehearsalTest {

    @Test
    void theTokenOfTheRehearsalPassesEveryRule() {
        assertDoesNotThrow(() -> new TokenPriming().run());
    }
}
