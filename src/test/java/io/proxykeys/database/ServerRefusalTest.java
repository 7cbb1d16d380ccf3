package io.proxykeys.database;

import static org.hamcrest.Matchers.equalTo;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.proxykeys.harness.Accounts;
import io.proxykeys.harness.Api;
import io.proxykeys.harness.Harness;
import io.proxykeys.harness.Postgres;
import io.proxykeys.harness.WireTap;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import java.sql.Connection;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What the server refuses, and which refusals another connection may get over. */
@QuarkusTest
@WithTestResource(Harness.class)
class ServerRefusalTest {

    private final Postgres database = Postgres.shared();
    private final WireTap tap = Harness.tap();

    @AfterEach
    void allow() {
        database.execute("ALTER ROLE " + Postgres.FUNCTION_USER + " LOGIN");
        database.execute("ALTER ROLE " + Postgres.FUNCTION_USER + " PASSWORD '" + Postgres.PASSWORD + "'");
        database.execute("ALTER ROLE " + Postgres.FUNCTION_USER + " RESET ALL");
        database.execute("ALTER ROLE " + Postgres.FUNCTION_USER + " SET synchronous_commit = off");
        tap.reset();
        tap.closeConnections();
    }

    @Test
    void aLoginThatIsRefusedIs503AndIsNotTriedAgainWithinTheCall() {
        String account = Accounts.open("1");
        Api.deleteAll(account).then().statusCode(200);
        database.execute("ALTER ROLE " + Postgres.FUNCTION_USER + " NOLOGIN");
        tap.closeConnections();
        tap.reset();

        nothingWasChanged(Api.deleteAll(account));

        // The one that was lost is replaced once; the refusal is final.
        assertEquals(1, tap.connections());
        database.execute("ALTER ROLE " + Postgres.FUNCTION_USER + " LOGIN");
        Api.deleteAll(account).then().statusCode(200);
    }

    @Test
    void aPasswordThatWasChangedIs503UntilItIsChangedBack() {
        String account = Accounts.open("1");
        Api.deleteAll(account).then().statusCode(200);
        database.execute("ALTER ROLE " + Postgres.FUNCTION_USER + " PASSWORD 'rotated'");
        Api.deleteAll(account).then().statusCode(200); // a connection that is open outlives its password
        tap.closeConnections();
        tap.reset();

        nothingWasChanged(Api.deleteAll(account));

        assertEquals(1, tap.connections());
        database.execute("ALTER ROLE " + Postgres.FUNCTION_USER + " PASSWORD '" + Postgres.PASSWORD + "'");
        Api.deleteAll(account).then().statusCode(200);
    }

    @Test
    void aConnectionToAReadOnlyServerIsReplacedOnceAndNotKept() {
        String account = Accounts.open("1");
        List<String> before = Accounts.everything(account);
        database.execute("ALTER ROLE " + Postgres.FUNCTION_USER + " SET default_transaction_read_only = on");
        tap.closeConnections();
        nothingWasChanged(Api.deleteAll(account));
        tap.reset();

        nothingWasChanged(Api.deleteAll(account));

        assertEquals(2, tap.connections(), "none was kept, and one was replaced");
        assertEquals(before, Accounts.everything(account));
        database.execute("ALTER ROLE " + Postgres.FUNCTION_USER + " RESET default_transaction_read_only");
        Api.deleteAll(account).then().statusCode(200);
    }

    /** PostgreSQL 17 and later know such a bound. */
    @Test
    void aBoundOnTransactionsThatTheLoginHasEndsNone() throws Exception {
        assumeTrue(database.one(Boolean.class, "SELECT current_setting('transaction_timeout', true) IS NOT NULL"),
                "NOT TESTED: this server knows no transaction_timeout");
        String account = Accounts.open("250");
        Accounts.createFiveKeys(account);
        database.execute("ALTER ROLE " + Postgres.FUNCTION_USER + " SET transaction_timeout = '500ms'");
        tap.closeConnections();
        try (Connection other = database.connect()) {
            other.setAutoCommit(false);
            Postgres.execute(other, "SELECT FROM account WHERE id = ? FOR UPDATE", account);
            CompletableFuture<Response> deletion = CompletableFuture.supplyAsync(() -> Api.deleteAll(account));
            database.awaitWaitingForALock(Postgres.FUNCTION_USER);
            Thread.sleep(1_000);
            other.commit();

            deletion.join().then().statusCode(200).body("deleted", equalTo(5));
        }
        assertEquals(1, Accounts.receipts(account));
    }

    @Test
    void aStatementWhosePlanNoLongerFitsAfterAMigrationIsPreparedAnew() {
        String account = Accounts.open("250");
        Accounts.createFiveKeys(account);
        Api.list(account).then().statusCode(200);
        Api.list(account).then().statusCode(200);
        database.execute("ALTER TABLE proxy_key ALTER COLUMN name TYPE varchar(25)");
        try {
            Api.list(account).then().statusCode(200);
        } finally {
            database.execute("ALTER TABLE proxy_key ALTER COLUMN name TYPE text");
        }
        Api.list(account).then().statusCode(200);
    }

    /** For a read without a transaction nothing is set on the server; the function gives up, and has the server give up too. */
    @Test
    void aReadThatTheServerDoesNotFinishIsCancelled() throws Exception {
        String account = Accounts.open("1");
        Api.list(account).then().statusCode(200);
        try (Connection other = database.connect()) {
            other.setAutoCommit(false);
            Postgres.execute(other, "LOCK TABLE proxy_key IN ACCESS EXCLUSIVE MODE");
            long start = System.nanoTime();

            nothingWasChanged(Api.list(account));

            Duration took = Duration.ofNanos(System.nanoTime() - start);
            assertTrue(took.compareTo(Duration.ofSeconds(18)) < 0, "took " + took);
            database.await("the read still waits on the server",
                    "SELECT count(*) = 0 FROM pg_stat_activity WHERE usename = ? AND wait_event_type = 'Lock'", Postgres.FUNCTION_USER);
        }
        Api.list(account).then().statusCode(200);
    }

    private static void nothingWasChanged(Response response) {
        assertEquals(503, response.statusCode(), response.asString());
        assertTrue(Api.json(response).get("detail").textValue().contains("Nothing was changed"), response.asString());
    }
}
