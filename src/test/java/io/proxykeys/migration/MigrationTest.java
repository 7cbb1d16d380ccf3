package io.proxykeys.migration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.proxykeys.harness.Postgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.flywaydb.core.api.FlywayException;
import org.junit.jupiter.api.Test;

/** A new database, one of release 0.2.0, and one to which the files were applied by hand come to the same end. */
class MigrationTest {

    private static final Path MIGRATIONS = Path.of("src/main/resources/db/migration");
    private static final Path ROLES = Path.of("src/main/resources/db/roles.sql");
    private static final Path RELEASED = Path.of("src/test/resources/released/schema.sql");

    /** A line for each thing in the schema, with all that makes it what it is; not the order of columns, nor Flyway's own table. */
    private static final String CATALOGUE = """
            SELECT format('column %s.%s %s not null %s default %s, %s', c.oid::regclass, a.attname,
                          format_type(a.atttypid, a.atttypmod), a.attnotnull, pg_get_expr(d.adbin, d.adrelid),
                          col_description(c.oid, a.attnum))
              FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid LEFT JOIN pg_attrdef d ON (d.adrelid, d.adnum) = (c.oid, a.attnum)
             WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'c') AND a.attnum > 0 AND NOT a.attisdropped
               AND c.relname <> 'flyway_schema_history'
            UNION ALL
            SELECT format('constraint %s %s %s valid %s', conrelid::regclass, conname, pg_get_constraintdef(oid), convalidated)
              FROM pg_constraint
             WHERE connamespace = 'public'::regnamespace AND conrelid <> 0 AND conrelid::regclass::text <> 'flyway_schema_history'
            UNION ALL
            SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename <> 'flyway_schema_history'
            UNION ALL
            SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
            UNION ALL
            SELECT format('%s, %s', pg_get_functiondef(oid), obj_description(oid, 'pg_proc'))
              FROM pg_proc WHERE pronamespace = 'public'::regnamespace
            UNION ALL
            SELECT format('%s of %s: %s to %s', kind, name, a.privilege_type, coalesce(r.rolname, 'public'))
              FROM (SELECT 'table' AS kind, relname::text AS name, coalesce(relacl, acldefault('r', relowner)) AS acl FROM pg_class
                     WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname <> 'flyway_schema_history'
                    UNION ALL
                    SELECT 'function', oid::regprocedure::text, coalesce(proacl, acldefault('f', proowner)) FROM pg_proc
                     WHERE pronamespace = 'public'::regnamespace
                    UNION ALL
                    SELECT 'column', attrelid::regclass || '.' || attname, attacl FROM pg_attribute
                     WHERE attacl IS NOT NULL AND NOT attisdropped AND attrelid::regclass::text = 'account') o,
                   aclexplode(o.acl) a LEFT JOIN pg_roles r ON r.oid = a.grantee
             WHERE r.rolname IS NULL OR r.rolname = current_user OR r.rolname LIKE 'proxy\\_keys\\_%'
             ORDER BY 1""";

    private final Postgres server = Postgres.shared();

    @Test
    void aDatabaseOfTheReleaseBeforeBecomesWhatANewOneIs() throws Exception {
        released("released");
        try (Connection owner = connect("released")) {
            fill(owner);
            String before = Postgres.one(owner, String.class, digestOfRows());

            server.flyway("released").baselineOnMigrate(true).baselineVersion("15").load().migrate();

            assertEquals(before, Postgres.one(owner, String.class, digestOfRows()));
        }
        assertEquals(catalogue("postgres"), catalogue("released"));
        assertEquals(0, server.flyway("released").load().migrate().migrationsExecuted, "a second run finds nothing to apply");
    }

    @Test
    void theFilesByHandDoTheSame() throws Exception {
        server.execute("CREATE DATABASE new_by_hand");
        released("released_by_hand");

        byHand("new_by_hand", "B\\d+__\\w+\\.sql");
        byHand("released_by_hand", "beforeBaseline.sql");
        byHand("released_by_hand", "V\\d+__\\w+\\.sql");
        for (String database : List.of("new_by_hand", "released_by_hand")) {
            byHand(database, "R__\\w+\\.sql");
            byHand(database, "R__\\w+\\.sql");
            apply(database, ROLES);
            assertEquals(catalogue("postgres"), catalogue(database), database);
        }
    }

    @Test
    void aDatabaseThatIsNotOfTheReleaseBeforeIsRefusedAndStaysAsItIs() throws Exception {
        released("changed_by_hand");
        try (Connection owner = connect("changed_by_hand")) {
            Postgres.execute(owner, "ALTER TABLE proxy_key DROP CONSTRAINT proxy_key_used_within_allocated");
        }
        List<String> before = catalogue("changed_by_hand");

        FlywayException refused = assertThrows(FlywayException.class,
                () -> server.flyway("changed_by_hand").baselineOnMigrate(true).baselineVersion("15").load().migrate());

        assertTrue(refused.getMessage().contains("not a database of 0.2.0"), refused.getMessage());
        assertTrue(refused.getMessage().contains("table proxy_key"), refused.getMessage());
        assertEquals(before, catalogue("changed_by_hand"));
    }

    @Test
    void aDatabaseThatHasNotNamedItsVersionIsRefused() throws Exception {
        released("nameless");
        List<String> before = catalogue("nameless");

        assertThrows(FlywayException.class, () -> server.migrate("nameless"));

        assertEquals(before, catalogue("nameless"));
    }

    @Test
    void aMigrationThatGaveUpOnALockIsAppliedAgain() throws Exception {
        released("in_use");
        try (Connection reader = connect("in_use")) {
            reader.setAutoCommit(false);
            Postgres.execute(reader, "LOCK TABLE account IN ACCESS SHARE MODE");
            assertThrows(FlywayException.class,
                    () -> server.flyway("in_use").baselineOnMigrate(true).baselineVersion("15").load().migrate());
            reader.rollback();
        }
        server.migrate("in_use");
        assertEquals(catalogue("postgres"), catalogue("in_use"));
    }

    @Test
    void everyFileHasAPlace() throws Exception {
        try (Stream<Path> files = Files.list(MIGRATIONS)) {
            assertFalse(files.map(file -> file.getFileName().toString())
                    .anyMatch(name -> !name.matches("([BV]\\d+|R)__\\w+\\.sql|beforeBaseline\\.sql|afterMigrate\\.sql")));
        }
    }

    private void released(String database) throws Exception {
        server.execute("CREATE DATABASE " + database);
        apply(database, RELEASED);
    }

    private static void fill(Connection owner) throws SQLException {
        Postgres.execute(owner, """
                INSERT INTO account (id, balance) VALUES ('a', 5);
                INSERT INTO proxy_key (id, account_id, secret_hash, allocated) SELECT 'k' || n, 'a', sha256(n::text::bytea), n
                  FROM generate_series(1, 100) n;
                INSERT INTO revocation (id, account_id, trigger, operation, keys_deleted, credits_returned, balance_after, revoked_at)
                SELECT gen_random_uuid(), 'a', 'request', 'all', 0, 0, 5, now() FROM generate_series(1, 1000)""");
    }

    private static String digestOfRows() {
        return """
                SELECT md5(string_agg(line, '' ORDER BY line))
                  FROM (SELECT concat_ws('|', id, balance, keys_version, new_keys_blocked_until) AS line FROM account
                        UNION ALL SELECT jsonb_strip_nulls(to_jsonb(k))::text FROM proxy_key k
                        UNION ALL SELECT jsonb_strip_nulls(to_jsonb(r))::text FROM revocation r) all_rows""";
    }

    private void byHand(String database, String names) throws Exception {
        List<Path> wanted;
        try (Stream<Path> files = Files.list(MIGRATIONS)) {
            wanted = files.filter(file -> file.getFileName().toString().matches(names)).sorted().toList();
        }
        assertFalse(wanted.isEmpty(), names);
        for (Path file : wanted) {
            apply(database, file);
        }
    }

    /** As {@code psql -1 -f} does. */
    private void apply(String database, Path file) throws IOException, SQLException {
        try (Connection owner = connect(database)) {
            owner.setAutoCommit(false);
            Postgres.execute(owner, Files.readString(file));
            owner.commit();
        }
    }

    private Connection connect(String database) {
        return server.connect(database, "postgres", "postgres");
    }

    private List<String> catalogue(String database) throws SQLException {
        List<String> lines = new ArrayList<>();
        try (Connection owner = connect(database);
                Statement statement = owner.createStatement();
                ResultSet rows = statement.executeQuery(CATALOGUE)) {
            while (rows.next()) {
                lines.add(rows.getString(1));
            }
        }
        assertFalse(lines.isEmpty());
        return lines;
    }
}
