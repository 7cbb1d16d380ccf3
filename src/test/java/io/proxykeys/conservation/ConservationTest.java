package io.proxykeys.conservation;

import static java.util.stream.Collectors.toMap;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.proxykeys.database.Bucket;
import io.proxykeys.harness.Gateway;
import io.proxykeys.harness.Harness;
import io.proxykeys.harness.Postgres;
import io.proxykeys.harness.WireTap.Fault;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * No credit is lost or minted, no deleted key works, and no failure is reported as success, whatever happens at once. The
 * function takes part with the tests' only copy of it; the other copies are reduced to its statements.
 *
 * <p>{@code -Dconservation.operations=…} and {@code -Dconservation.minutes=…} make it last longer; from a minute on, the
 * database restarts and crashes while they run.
 */
@QuarkusTest
@WithTestResource(Harness.class)
@TestProfile(ConservationTest.Unlimited.class)
class ConservationTest {

    /** Ten deletions a minute would not do. */
    public static final class Unlimited implements QuarkusTestProfile {
        @Override
        public Map<String, String> getConfigOverrides() {
            return Stream.of(Bucket.values()).collect(toMap(bucket -> "proxy-keys.limit." + bucket.code() + ".per-minute", bucket -> "0"));
        }
    }

    @Test
    void nothingIsLost() throws Exception {
        int minutes = Integer.getInteger("conservation.minutes", 0);
        Postgres server = Postgres.shared();
        EventCopy function = new EventCopy(Gateway::invoke);
        Stream<FunctionCopy> others = Stream.generate(() -> (FunctionCopy) new SqlCopy(server, "postgres", SqlCopy.Deletion.RIGHT)).limit(
                3);
        Conservation conservation = new Conservation(server, "postgres", Stream.concat(Stream.of(function), others).toList())
                .withLostConnections(30)
                .with("closed", 1_100, Harness.tap()::closeConnections)
                .with("reset", 1_300, Harness.tap()::resetConnections)
                .with("silenced", 7_000, Harness.tap()::silenceConnections)
                .with("commits lost", 600, () -> Harness.tap().fault(Fault.LOSE_COMMIT_ANSWER));
        if (minutes > 0) {
            conservation.with("restarts", 20_000, server::restart).with("crashes", 31_000, server::crashAndStartAgain);
        }

        try {
            assertEquals(List.of(), conservation.run(Integer.getInteger("conservation.operations", 50_000), minutes));
        } finally {
            Harness.tap().reset();
        }
        assertTrue(function.carriedOut() > 100, "the function carried out " + function.carriedOut() + " orders");
    }
}
