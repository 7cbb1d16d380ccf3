package io.proxykeys.auth;

import static io.proxykeys.harness.Issuer.claims;
import static io.proxykeys.harness.Issuer.sign;
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
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** New keys are picked up without a restart, and a source that is down locks out nobody. The pause is 1 s here. */
@QuarkusTest
@WithTestResource(Harness.class)
class KeyRotationTest {

    private static final Issuer ISSUER = Issuer.shared();
    private final KeyServer server = ISSUER.keyServer();
    private final RsaJsonWebKey next = Issuer.rsaKey("next-" + System.nanoTime());

    @BeforeEach
    void letThePausePass() throws InterruptedException {
        Thread.sleep(1100);
    }

    @AfterEach
    void restore() throws InterruptedException {
        server.down(false);
        server.compress(false);
        server.publish(Issuer.jwks(List.of(ISSUER.rsa, ISSUER.secondRsa, ISSUER.ec)));
        Thread.sleep(2100);
        // Other tests find the keys known again.
        assertEquals(401, callWith(Issuer.rsaKey("unknown-" + System.nanoTime())));
        assertEquals(200, callWith(ISSUER.secondRsa));
    }

    @Test
    void aNewKeyIsPickedUp() {
        server.publish(Issuer.jwks(List.of(ISSUER.rsa, ISSUER.secondRsa, ISSUER.ec, next)));

        assertEquals(200, callWith(next));
    }

    @Test
    void aCompressedDocumentWithAByteOrderMarkIsReadAndTheRequestSaysWhoAsks() {
        server.compress(true);
        server.publish("\uFEFF" + Issuer.jwks(List.of(ISSUER.rsa, ISSUER.secondRsa, ISSUER.ec, next)));

        assertEquals(200, callWith(next));
        assertEquals("proxy-keys", server.userAgent());
    }

    @Test
    void unknownKeysCauseOneFetchForEachPauseAtMost() {
        int before = server.fetches();
        long start = System.nanoTime();
        for (int i = 0; i < 20; i++) {
            assertEquals(401, callWith(next));
        }
        long pauses = 1 + (System.nanoTime() - start) / 1_000_000_000L;

        int fetches = server.fetches() - before;
        assertTrue(fetches >= 1 && fetches <= pauses + 1, fetches + " fetches in " + pauses + " pauses");
    }

    @Test
    void aSourceThatIsDownLocksOutNobodyWhoseKeyIsKnown() {
        server.down(true);

        assertEquals(401, callWith(next));
        assertEquals(200, callWith(ISSUER.rsa));
    }

    @Test
    void aSourceThatPublishesNonsenseLocksOutNobodyWhoseKeyIsKnown() {
        server.publish("<html>maintenance</html>");

        assertEquals(401, callWith(next));
        assertEquals(200, callWith(ISSUER.rsa));
    }

    @Test
    void aKeyThatIsReplacedUnderItsNameIsPickedUp() {
        RsaJsonWebKey replaced = Issuer.rsaKey(ISSUER.secondRsa.getKeyId());
        server.publish(Issuer.jwks(List.of(ISSUER.rsa, replaced, ISSUER.ec)));

        assertEquals(200, callWith(replaced));
        assertEquals(401, callWith(ISSUER.secondRsa));
    }

    @Test
    void aSourceThatWithdrawsEveryKeyMeansIt() {
        server.publish("{\"keys\":[]}");

        assertEquals(503, callWith(next));
        assertEquals(503, callWith(ISSUER.rsa));
    }

    private static int callWith(RsaJsonWebKey key) {
        String account = Accounts.open("1");
        return Api.with(sign(key, RSA_USING_SHA256, claims(account, Issuer.DELETE), jws -> { }))
                .delete("/v1/auth/proxy").statusCode();
    }
}
