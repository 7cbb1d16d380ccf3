package io.proxykeys.database;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.proxykeys.harness.Accounts;
import io.proxykeys.harness.Postgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Timestamp;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The query by which a cache of the data plane reads a key, as {@code src/docs/data-plane.md} has it, with the data plane's rights. */
class CachedKeyTest {

    private static final Pattern QUERY = Pattern.compile("```sql\\n(select k\\.id[^`]*secret_until[^`]*)```");

    private final Postgres database = Postgres.shared();
    private final String account = Accounts.open("100");
    private final String id = Accounts.createKey(account, "key", "10");

    @Test
    void aKeyIsReadWithItsVersionAndTheEndOfTheSecret() throws Exception {
        database.execute("UPDATE account SET keys_version = 7 WHERE id = ?", account);
        assertEquals(List.of(id + " 7 null"), read("key"));

        database.execute("""
                UPDATE proxy_key SET secret_hash = sha256(?::bytea), previous_secret_hash = secret_hash,
                       previous_valid_until = '2100-01-01 00:00:00Z'
                 WHERE id = ?""", Accounts.secret(account, "new"), id);
        assertEquals(List.of(id + " 7 null"), read("new"));
        assertEquals(List.of(id + " 7 4102444800"), read("key"));

        database.execute("UPDATE proxy_key SET previous_valid_until = clock_timestamp() WHERE id = ?", id);
        assertEquals(List.of(), read("key"));
    }

    private List<String> read(String name) throws IOException, SQLException {
        Matcher query = QUERY.matcher(Files.readString(Path.of("src/docs/data-plane.md")));
        assertEquals(true, query.find());
        List<String> rows = new ArrayList<>();
        try (Connection cache = database.connect("postgres", Postgres.DATA_PLANE_USER, Postgres.PASSWORD);
                Statement statement = cache.createStatement();
                ResultSet row = statement.executeQuery(query.group(1).replace("ek-proxy-sk-\u2026", Accounts.secret(account, name)))) {
            while (row.next()) {
                Timestamp until = row.getTimestamp("secret_until");
                rows.add(row.getString("id") + " " + row.getLong("keys_version") + " " + (until == null ? null : until.getTime() / 1000));
            }
        }
        return rows;
    }
}
