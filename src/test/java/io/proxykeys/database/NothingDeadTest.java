package io.proxykeys.database;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.proxykeys.harness.Postgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Every function and type of the schema is used by more than tests, and every right of the function's role. Otherwise tests may
 * go on testing what no release calls.
 */
class NothingDeadTest {

    private static final String FUNCTION = "proxy_keys_function";

    /** What is called from outside of this project. */
    private static final String OUTSIDE = "'proxy_keys_data_plane', 'proxy_keys_billing'";

    /** Of the data plane, and of the function with identifier and limit, which calls the other. */
    private static final List<String> OVERLOADED = List.of("create_proxy_key/11|", "create_proxy_key/7|");

    private static final String OURS = """
              FROM pg_proc p
             WHERE p.pronamespace = current_schema()::regnamespace
               AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
            """;

    private final Postgres database = Postgres.shared();
    private List<Routine> routines;
    private String sent;

    /** @param parameters how many it has, which tells overloads apart */
    private record Routine(String name, int parameters, String body) {

        static Routine of(String row) {
            String[] columns = row.split("\\|", 3);
            return new Routine(columns[0], Integer.parseInt(columns[1]), columns[2]);
        }

        boolean isCalledIn(String text) {
            Matcher call = Pattern.compile("\\b" + name + "\\s*\\(").matcher(text);
            while (call.find()) {
                if (arguments(text, call.end()) == parameters) {
                    return true;
                }
            }
            // In Hibernate's language.
            return text.contains("function('" + name + "'");
        }

        @Override
        public String toString() {
            return name + "/" + parameters;
        }
    }

    @BeforeEach
    void read() {
        routines = database.rows("SELECT p.proname, p.pronargs, regexp_replace(p.prosrc, '--[^\\n]*', '', 'g') " + OURS).stream()
                .map(Routine::of).toList();
        sent = code();
    }

    @Test
    void everyFunctionOfTheSchemaIsCalled() throws IOException {
        String byOperators = Files.readString(Path.of("src/main/resources/db/roles.sql"));
        Set<Routine> called = new HashSet<>(
                routines.stream().filter(routine -> routine.isCalledIn(sent) || routine.isCalledIn(byOperators)).toList());
        called.addAll(named("""
                SELECT p.proname, p.pronargs %s AND EXISTS (SELECT FROM aclexplode(p.proacl) a JOIN pg_roles r ON r.oid = a.grantee
                                                            WHERE r.rolname IN (%s))""".formatted(OURS, OUTSIDE)));
        // Triggers, and what constraints, indexes, defaults and views are made of.
        called.addAll(named("""
                SELECT p.proname, p.pronargs %s AND EXISTS (SELECT FROM pg_depend d
                                                            WHERE d.refclassid = 'pg_proc'::regclass AND d.refobjid = p.oid)"""
                .formatted(OURS)));
        Deque<Routine> callers = new ArrayDeque<>(called);
        while (!callers.isEmpty()) {
            String body = callers.pop().body();
            routines.stream().filter(routine -> routine.isCalledIn(body)).filter(called::add).forEach(callers::push);
        }

        List<String> dead = routines.stream().filter(routine -> !called.contains(routine)).map(Routine::toString).sorted().toList();

        assertEquals(List.of(), dead);
    }

    @Test
    void theFunctionsRoleMayCallWhatTheFunctionCallsAndNothingElse() {
        List<String> granted = named("""
                SELECT p.proname, p.pronargs %s AND EXISTS (SELECT FROM aclexplode(p.proacl) a JOIN pg_roles r ON r.oid = a.grantee
                                                            WHERE r.rolname = '%s')""".formatted(OURS, FUNCTION))
                .stream().map(Routine::toString).sorted().toList();
        List<String> toEverybody = database.rows("SELECT p.proname || '/' || p.pronargs " + OURS + """
                AND (p.proacl IS NULL OR EXISTS (SELECT FROM aclexplode(p.proacl) a WHERE a.grantee = 0))""").stream()
                .map(row -> row.substring(0, row.length() - 1)).toList();

        List<String> needed = routines.stream().filter(routine -> routine.isCalledIn(sent)).map(Routine::toString)
                .filter(routine -> !toEverybody.contains(routine)).sorted().toList();

        assertEquals(needed, granted);
    }

    /** The mistake that a name for two functions makes easy: tests call the one, releases the other. */
    @Test
    void noOtherNameIsThatOfTwoFunctions() {
        assertEquals(OVERLOADED, database.rows("SELECT p.proname || '/' || p.pronargs " + OURS + """
                AND 1 < (SELECT count(*) FROM pg_proc o WHERE o.proname = p.proname AND o.pronamespace = p.pronamespace) ORDER BY 1"""));
    }

    @Test
    void everyTypeOfTheSchemaIsUsed() {
        assertEquals(List.of(), database.rows("""
                SELECT t.typname
                  FROM pg_type t LEFT JOIN pg_class c ON c.oid = t.typrelid
                 WHERE t.typnamespace = current_schema()::regnamespace AND t.typelem = 0 AND coalesce(c.relkind, 'c') = 'c'
                   AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.refclassid = 'pg_type'::regclass AND d.refobjid = t.oid
                                      AND d.classid <> 'pg_type'::regclass AND d.deptype = 'n')"""));
    }

    @Test
    void argumentsAreCounted() {
        assertEquals(0, arguments("f( )", 2));
        assertEquals(1, arguments("f(g(a, b))", 2));
        assertEquals(2, arguments("f(a => (1, 2), b => array[1, 2])", 2));
        assertEquals(2, arguments("f('a, (b', ',')", 2));
    }

    private List<Routine> named(String sql) {
        Set<String> names = database.rows(sql).stream()
                .map(row -> row.replaceFirst("\\|", "/").replace("|", "")).collect(Collectors
                        .toSet());
        return routines.stream().filter(routine -> names.contains(routine.toString())).toList();
    }

    /** @param from after the opening parenthesis of a call */
    private static int arguments(String text, int from) {
        int depth = 0;
        int commas = 0;
        boolean quoted = false;
        for (int i = from; i < text.length(); i++) {
            char c = text.charAt(i);
            quoted ^= c == '\'';
            if (quoted) {
                continue;
            }
            if (c == '(' || c == '[') {
                depth++;
            } else if (c == ']' || (c == ')' && depth > 0)) {
                depth--;
            } else if (c == ')') {
                return text.substring(from, i).isBlank() ? 0 : commas + 1;
            } else if (c == ',' && depth == 0) {
                commas++;
            }
        }
        return -1;
    }

    /**
     * The code of the function, without comments and what is for development only: of this release, and of the one before it, which is
     * still running while the schema is brought up to date.
     */
    private static String code() {
        List<String> texts = new ArrayList<>();
        try (Stream<Path> files = Files.walk(Path.of("src/main/java"))) {
            for (Path file : (Iterable<Path>) files.filter(path -> path.toString().endsWith(".java"))::iterator) {
                if (!file.getParent().endsWith("dev")) {
                    texts.add(Files.readString(file).replaceAll("(?s)/\\*.*?\\*/", "").replaceAll("(?m)^\\s*//.*$", ""));
                }
            }
            texts.add(Files.readString(Path.of("src/test/resources/released/statements.sql")).replaceAll("(?m)^--.*$", ""));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return String.join("\n", texts);
    }
}
