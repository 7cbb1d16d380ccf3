package io.proxykeys.migration;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** What the released function sends, and a connection that sends it as the driver does: prepared, with the types that the server infers. */
final class ReleasedStatements {

    private static final Path FILE = Path.of("src/test/resources/released/statements.sql");

    /**
     * @param sample SQL literals for its parameters
     * @param columns names and types of what it answers with, such as {@code id text}
     */
    record Released(String name, List<String> sample, List<String> columns, String sql) {

        private static Released parse(String block) {
            Map<String, String> head = block.lines().filter(line -> line.startsWith("-- ")).map(line -> line.substring(3).split(": ", 2))
                    .collect(Collectors.toMap(member -> member[0], member -> member[1], (first, second) -> second, LinkedHashMap::new));
            String sql = block.lines().filter(line -> !line.startsWith("--")).collect(Collectors.joining("\n")).strip();
            return new Released(head.get("name"), Arrays.asList(head.get("sample").split(", ")), List.of(head.get("columns").split(", ")),
                    sql.substring(0, sql.length() - 1));
        }

        private String preparedName() {
            return "\"" + name + "\"";
        }

        @Override
        public String toString() {
            return name;
        }
    }

    private ReleasedStatements() {
    }

    static List<Released> all() {
        try {
            String text = Files.readString(FILE, StandardCharsets.UTF_8);
            return Arrays.stream(text.split("(?m)^(?=-- name: )")).skip(1).map(Released::parse).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Prepares every statement: one that no longer fits the schema, or whose call has become ambiguous, is refused here. */
    static void prepare(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            for (Released released : all()) {
                statement.execute("PREPARE " + released.preparedName() + " AS " + released.sql());
            }
        }
    }

    /** Names and types of the columns that a statement answers with. */
    static List<String> columns(Connection connection, Released released) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(execute(released.name(), released.sample()))) {
            ResultSetMetaData columns = rows.getMetaData();
            List<String> all = new ArrayList<>();
            for (int column = 1; column <= columns.getColumnCount(); column++) {
                all.add(columns.getColumnLabel(column) + " " + columns.getColumnTypeName(column));
            }
            return all;
        }
    }

    /** The rows that a statement answers with, each as one text. */
    static List<String> rows(Connection connection, String name, String... parameters) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(execute(name, Arrays.asList(parameters)))) {
            List<String> all = new ArrayList<>();
            while (rows.next()) {
                List<String> row = new ArrayList<>();
                for (int column = 1; column <= rows.getMetaData().getColumnCount(); column++) {
                    row.add(rows.getString(column));
                }
                all.add(String.join("|", row));
            }
            return all;
        }
    }

    private static String execute(String name, List<String> parameters) {
        String list = String.join(", ", parameters);
        return "EXECUTE \"" + name + "\"" + (list.isBlank() ? "" : "(" + list + ")");
    }
}
