package io.proxykeys.harness;

import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import java.util.Map;

/**
 * What the function needs to run in a test, the same for the JVM and the native one: a migrated PostgreSQL behind a
 * {@link WireTap}, and the keys of an {@link Issuer}.
 */
public final class Harness implements QuarkusTestResourceLifecycleManager {

    private static WireTap tap;

    /** The wire between the function under test and PostgreSQL. */
    public static synchronized WireTap tap() {
        if (tap == null) {
            tap = new WireTap(Postgres.shared().port());
        }
        return tap;
    }

    @Override
    public Map<String, String> start() {
        return Map.of(
                "quarkus.datasource.reactive.url", "postgresql://localhost:" + tap().port() + "/postgres",
                "quarkus.datasource.username", Postgres.FUNCTION_USER,
                "quarkus.datasource.password", Postgres.PASSWORD,
                "mp.jwt.verify.issuer", Issuer.NAME,
                "mp.jwt.verify.audiences", Issuer.AUDIENCE,
                "mp.jwt.verify.publickey.location", Issuer.shared().keyServer().location(),
                "proxy-keys.github.keys-location", Github.shared().keyServer().location(),
                // Tests cannot wait a minute for a new key.
                "proxy-keys.keys.between-fetches", "PT1S");
    }

    @Override
    public void stop() {
        // The server ends with the JVM: other test classes share it.
    }
}
