package io.proxykeys.operation.rotate;

import static org.hamcrest.Matchers.equalTo;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import io.proxykeys.harness.Accounts;
import io.proxykeys.harness.Api;
import io.proxykeys.harness.Harness;
import io.proxykeys.harness.Postgres;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** A rotation with an overlap under constant traffic through the old secrets and the new ones: no call is refused. */
@QuarkusTest
@WithTestResource(Harness.class)
class RotateUnderTrafficTest {

    private static final int KEYS = 14;
    /** The others go in one call. Ten calls at once are let through. */
    private static final int ONE_BY_ONE = 9;
    private static final int CALLS_BETWEEN = 40;
    private static final BigDecimal COST = new BigDecimal("0.000001");

    private final Postgres database = Postgres.shared();
    private final String account = Accounts.open("1000000");
    private final Map<String, String> newest = new ConcurrentHashMap<>();
    private final Queue<String> refusals = new ConcurrentLinkedQueue<>();
    private volatile boolean over;

    @Test
    void noCallIsRefusedByEitherSecret() throws Exception {
        List<String> names = IntStream.range(0, KEYS).mapToObj(n -> "key" + n).toList();
        List<String> ids = new ArrayList<>();
        for (String name : names) {
            ids.add(Accounts.createKey(account, name, "100"));
            newest.put(name, Accounts.secret(account, name));
        }
        AtomicInteger byTheOld = new AtomicInteger();
        AtomicInteger byTheNew = new AtomicInteger();
        // Two that are never told of a rotation, and two that use the new secret as soon as it is known.
        List<CompletableFuture<Void>> traffic = List.of(
                start(names, name -> Accounts.secret(account, name), this::spend, byTheOld),
                start(names, name -> Accounts.secret(account, name), this::holdAndSettle, byTheOld),
                start(names, newest::get, this::spend, byTheNew),
                start(names, newest::get, this::holdAndSettle, byTheNew));

        awaitCalls(byTheOld, byTheNew);
        for (int i = 0; i < ONE_BY_ONE; i++) {
            learn(names.subList(i, i + 1), Api.rotate(account, ids.get(i), 600));
            awaitCalls(byTheOld, byTheNew);
        }
        learn(names.subList(ONE_BY_ONE, KEYS), Api.rotateAll(account, ids.subList(ONE_BY_ONE, KEYS), 600));
        awaitCalls(byTheOld, byTheNew);
        over = true;
        for (CompletableFuture<Void> client : traffic) {
            client.get(20, TimeUnit.SECONDS);
        }

        assertEquals(List.of(), List.copyOf(refusals));
        assertEquals(COST.multiply(BigDecimal.valueOf(byTheOld.get() + byTheNew.get())), database.one(BigDecimal.class,
                "SELECT sum(used) FROM proxy_key WHERE account_id = ?", account));
    }

    private void learn(List<String> names, Response rotation) {
        rotation.then().statusCode(200).body("rotated", equalTo(names.size()));
        JsonNode keys = Api.json(rotation).get("keys");
        for (int i = 0; i < names.size(); i++) {
            newest.put(names.get(i), keys.get(i).get("key").textValue());
        }
    }

    private static void awaitCalls(AtomicInteger... counters) {
        for (AtomicInteger counter : counters) {
            int enough = counter.get() + CALLS_BETWEEN;
            Awaitility.await().atMost(Duration.ofSeconds(20)).pollInterval(Duration.ofMillis(5)).until(() -> counter.get() >= enough);
        }
    }

    private CompletableFuture<Void> start(List<String> names, Function<String, String> secretOf, Call call, AtomicInteger done) {
        return CompletableFuture.runAsync(() -> {
            try (Connection connection = database.connect("postgres", Postgres.DATA_PLANE_USER, Postgres.PASSWORD)) {
                for (int i = 0; !over; i = (i + 1) % names.size()) {
                    try {
                        call.on(connection, secretOf.apply(names.get(i)));
                    } catch (SQLException e) {
                        refusals.add(names.get(i) + ": " + e.getSQLState() + " " + e.getMessage());
                    }
                    done.incrementAndGet();
                }
            } catch (SQLException e) {
                refusals.add(e.toString());
            }
        });
    }

    private void spend(Connection connection, String secret) throws SQLException {
        Postgres.one(connection, BigDecimal.class, "SELECT spend_credits(sha256(?::bytea), ?)", secret, COST);
    }

    private void holdAndSettle(Connection connection, String secret) throws SQLException {
        UUID hold = Postgres.one(connection, UUID.class, "SELECT hold_id FROM hold_credits(sha256(?::bytea), 0.5, 60)", secret);
        Postgres.one(connection, BigDecimal.class, "SELECT settle_hold(?, ?)", hold, COST);
    }

    /** What a data plane does for one call of a model. */
    private interface Call {
        void on(Connection connection, String secret) throws SQLException;
    }
}
