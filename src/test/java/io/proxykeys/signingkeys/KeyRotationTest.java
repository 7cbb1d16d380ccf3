package io.proxykeys.signingkeys;

import static io.proxykeys.harness.Issuer.claims;
import static io.proxykeys.harness.Issuer.sign;
import static org.awaitility.Awaitility.await;
import static org.jose4j.jws.AlgorithmIdentifiers.RSA_USING_SHA256;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.proxykeys.harness.Accounts;
import io.proxykeys.harness.Api;
import io.proxykeys.harness.Harness;
import io.proxykeys.harness.Issuer;
import io.proxykeys.harness.KeyServer;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import java.util.List;
import org.jose4j.jwk.RsaJsonWebKey;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** New keys are picked up without a restart, and a source that is down locks out nobody. The pause is 1 s here. */
@QuarkusTest
@WithTestResource(Harness.class)
class KeyRotationTest {

    private static final Issuer ISSUER = Issuer.shared();
    private final KeyServer server = ISSUER.keyServer();
    private final RsaJsonWebKey next = Issuer.rsaKey("next-" + System.nanoTime());

    /** Other tests find the keys known again. */
    @AfterEach
    void restore() {
        server.down(false);
        server.compress(false);
        server.publish(Issuer.jwks(List.of(ISSUER.rsa, ISSUER.secondRsa, ISSUER.ec)));
        awaitFetchFor(Issuer.rsaKey("unknown-" + System.nanoTime()));
        await().until(() -> callWith(ISSUER.secondRsa) == 200);
    }

    @Test
    void aNewKeyIsPickedUp() {
        server.publish(Issuer.jwks(List.of(ISSUER.rsa, ISSUER.secondRsa, ISSUER.ec, next)));

        await().until(() -> callWith(next) == 200);
    }

    @Test
    void aCompressedDocumentWithAByteOrderMarkIsReadAndTheRequestSaysWhoAsks() {
        server.compress(true);
        server.publish("\uFEFF" + Issuer.jwks(List.of(ISSUER.rsa, ISSUER.secondRsa, ISSUER.ec, next)));

        await().until(() -> callWith(next) == 200);
        assertEquals("proxy-keys", server.userAgent());
    }

    @Test
    void unknownKeysCauseOneFetchForEachPauseAtMost() {
        int before = server.fetches();
        long start = System.nanoTime();
        do {
            assertEquals(401, callWith(next));
            long pauses = 1 + (System.nanoTime() - start) / 1_000_000_000L;
            assertTrue(server.fetches() - before <= pauses + 1, (server.fetches() - before) + " fetches in " + pauses + " pauses");
        } while (server.fetches() - before < 2 && System.nanoTime() - start < 10_000_000_000L);

        assertTrue(server.fetches() - before >= 2, "an unknown key causes a fetch after each pause");
    }

    @Test
    void aSourceThatIsDownLocksOutNobodyWhoseKeyIsKnown() {
        server.down(true);

        awaitFetchFor(next);
        assertEquals(200, callWith(ISSUER.rsa));
    }

    @Test
    void aSourceThatPublishesNonsenseLocksOutNobodyWhoseKeyIsKnown() {
        server.publish("<html>maintenance</html>");

        awaitFetchFor(next);
        assertEquals(200, callWith(ISSUER.rsa));
    }

    @Test
    void aKeyThatIsReplacedUnderItsNameIsPickedUp() {
        RsaJsonWebKey replaced = Issuer.rsaKey(ISSUER.secondRsa.getKeyId());
        server.publish(Issuer.jwks(List.of(ISSUER.rsa, replaced, ISSUER.ec)));

        await().until(() -> callWith(replaced) == 200);
        assertEquals(401, callWith(ISSUER.secondRsa));
    }

    @Test
    void aSourceThatWithdrawsEveryKeyMeansIt() {
        server.publish("{\"keys\":[]}");

        await().until(() -> callWith(next) == 503);
        assertEquals(503, callWith(ISSUER.rsa));
    }

    /** Sends tokens with this key, which nobody knows, until one of them falls after the pause and causes a fetch. */
    private void awaitFetchFor(RsaJsonWebKey unknown) {
        int before = server.fetches();
        await().until(() -> {
            int status = callWith(unknown);
            assertTrue(status == 401 || status == 503, "status " + status);
            return server.fetches() > before;
        });
    }

    private static int callWith(RsaJsonWebKey key) {
        String account = Accounts.open("1");
        return Api.with(sign(key, RSA_USING_SHA256, claims(account, Issuer.DELETE), jws -> {}))
                .delete("/v1/auth/proxy").statusCode();
    }
}
