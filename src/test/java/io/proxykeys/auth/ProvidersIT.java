package io.proxykeys.auth;

import io.proxykeys.harness.Accounts;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;

/** The same with the native function, started with the settings as its environment. */
class ProvidersIT extends ProvidersTest {

    @BeforeAll
    static void openTheAccounts() {
        accounts().forEach(Accounts::openIfMissing);
    }

    @Override
    Deployment deploy(Map<String, String> variables, String jwks) {
        return Deployment.ofTheNativeFunction(variables, jwks);
    }
}
