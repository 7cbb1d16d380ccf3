package io.proxykeys.conservation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.proxykeys.harness.Postgres;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** A test of the test: what looks right and is not is found out, and what is right is not blamed. */
class BrokenDeletionTest {

    /** The weaker lock is seldom caught: one key in some thousand has to be committed in the same millisecond. */
    private static final int ENOUGH = 100_000;

    private final Postgres server = Postgres.shared();

    @ParameterizedTest
    @CsvSource({ "WITHOUT_LOCK,survived", "WEAKER_LOCK,survived", "SNAPSHOT_BEFORE_LOCK,survived",
            "SUM_BEFORE_DELETION,is not what went in" })
    void isFoundOut(SqlCopy.Deletion mistake, String violation) throws Exception {
        assertFoundOut(mistake, Settlement.RIGHT, violation);
    }

    @ParameterizedTest
    // One that is credited twice is refused by the table if the key would then have used less than nothing.
    @CsvSource({ "TO_THE_KEY_THAT_IS_GONE,is not what went in", "TWICE,'used, and spent|proxy_key_used_within_allocated'",
            "WITHOUT_LOCK,is not what went in" })
    void aBrokenSettlementIsFoundOut(Settlement mistake, String violation) throws Exception {
        assertFoundOut(SqlCopy.Deletion.RIGHT, mistake, violation);
    }

    @ParameterizedTest
    @EnumSource
    void aBrokenFunctionIsFoundOut(BrokenFunction mistake) throws Exception {
        String database = mistake.name().toLowerCase(Locale.ROOT);
        create(database);
        try (Connection owner = server.connect(database, "postgres", Postgres.PASSWORD)) {
            mistake.make(owner);
        }
        Predicate<String> expected = Pattern.compile(mistake.violation).asPredicate();
        List<String> violations = run(database, SqlCopy.Deletion.RIGHT, Settlement.RIGHT, ENOUGH, expected);

        assertTrue(violations.stream().anyMatch(expected), violations.toString());
    }

    @Test
    void theRightOneIsNotBlamed() throws Exception {
        create("all_right");
        assertEquals(List.of(), run("all_right", SqlCopy.Deletion.RIGHT, Settlement.RIGHT, 10_000, violation -> true));
    }

    /** Mistakes have other consequences, too, such as deadlocks. */
    private void assertFoundOut(SqlCopy.Deletion deletion, Settlement settlement, String violation) throws Exception {
        String database = ("deletion_" + deletion + "_settlement_" + settlement).toLowerCase(Locale.ROOT);
        create(database);
        if (deletion == SqlCopy.Deletion.WEAKER_LOCK) {
            dropTheTrigger(database);
        }
        Predicate<String> expected = Pattern.compile(violation).asPredicate();
        List<String> violations = run(database, deletion, settlement, ENOUGH, expected);

        assertTrue(violations.stream().anyMatch(expected), violations.toString());
    }

    private void create(String database) {
        server.execute("CREATE DATABASE " + database);
        server.migrate(database);
    }

    private List<String> run(String database, SqlCopy.Deletion deletion, Settlement settlement, int operations, Predicate<String> counts)
            throws Exception {
        List<SqlCopy> copies = Stream.generate(() -> new SqlCopy(server, database, deletion)).limit(4).toList();
        try {
            return new Conservation(server, database, copies).settling(settlement).lookingFor(counts).run(operations, 0);
        } finally {
            copies.forEach(SqlCopy::close);
        }
    }

    /** It takes a lock for which the weaker one waits too. Without it, only the lock of the foreign key is left. */
    private void dropTheTrigger(String database) throws SQLException {
        try (Connection owner = server.connect(database, "postgres", Postgres.PASSWORD)) {
            Postgres.execute(owner, "DROP TRIGGER refuse_blocked_key ON proxy_key");
        }
    }
}
