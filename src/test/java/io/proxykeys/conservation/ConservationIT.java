package io.proxykeys.conservation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.proxykeys.harness.Postgres;
import io.proxykeys.harness.WireTap.Fault;
import java.util.List;
import java.util.Random;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * The same with several copies of the native function, which are frozen and killed at any moment, and a database that restarts
 * and crashes.
 */
class ConservationIT {

    @Test
    void nothingIsLost() throws Exception {
        Postgres server = Postgres.own();
        List<NativeCopy> copies = Stream.generate(() -> new NativeCopy(server)).limit(4).toList();
        Random random = new Random();
        Supplier<NativeCopy> any = () -> copies.get(random.nextInt(copies.size()));
        try {
            List<String> violations = new Conservation(server, "postgres", copies)
                    .withLostConnections(20)
                    .with("closed", 150, () -> any.get().tap().closeConnections())
                    .with("reset", 170, () -> any.get().tap().resetConnections())
                    .with("silenced", 2_000, () -> any.get().tap().silenceConnections())
                    .with("commits lost", 110, () -> any.get().tap().fault(Fault.LOSE_COMMIT_ANSWER))
                    .with("short freezes", 50, () -> any.get().freeze(random.nextInt(50)))
                    // For longer than a transaction may be idle.
                    .with("long freezes", 4_000, () -> any.get().freeze(5_000))
                    .with("kills", 500, () -> any.get().killAndReplace())
                    .with("restarts", 11_000, server::restart)
                    .with("crashes", 13_000, server::crashAndStartAgain)
                    .run(Integer.getInteger("conservation.operations", 15_000), Integer.getInteger("conservation.minutes", 0));

            assertEquals(List.of(), violations);
            copies.forEach(copy -> assertTrue(copy.carriedOut() > 100, "a copy carried out " + copy.carriedOut() + " orders"));
        } finally {
            copies.forEach(NativeCopy::close);
        }
    }
}
