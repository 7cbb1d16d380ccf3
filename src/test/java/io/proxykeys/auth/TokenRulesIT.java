package io.proxykeys.auth;

import io.proxykeys.harness.Accounts;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;

/** The same with the native function. */
class TokenRulesIT extends TokenRulesTest {

    @BeforeAll
    static void openTheAccount() {
        Accounts.openIfMissing("safety");
    }

    @Override
    Deployment deploy(Map<String, String> variables, String jwks) {
        return Deployment.ofTheNativeFunction(variables, jwks);
    }
}
