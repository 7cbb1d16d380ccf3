package io.proxykeys.revocation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.proxykeys.harness.Accounts;
import io.proxykeys.harness.Postgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The platform reads the receipts one after the other, as {@code src/docs/operations.md} says, and misses none. */
class ReceiptsInOrderTest {

    private static final Pattern QUERY = Pattern.compile("```sql\\s*\\n(select r\\.id.*?);\\s*\\n```", Pattern.DOTALL);

    private final Postgres database = Postgres.shared();

    /** Where the last page ended. */
    private String transaction;
    private UUID id = new UUID(0, 0);

    @BeforeEach
    void beginHere() {
        transaction = database.one(String.class, "SELECT pg_current_xact_id()::text");
    }

    @Test
    void aReceiptThatIsCommittedAfterALaterOneIsNotMissed() throws Exception {
        String slow = Accounts.open("1");
        String fast = Accounts.open("1");
        List<UUID> read = new ArrayList<>();
        UUID early;
        UUID late;
        try (Connection first = LiveStatements.connect(); Connection second = LiveStatements.connect()) {
            early = revoke(first, slow);
            late = revoke(second, fast);
            second.commit();
            read.addAll(page(100));
            assertFalse(read.contains(late), "the earlier one would be passed over");
            first.commit();
        }

        readUntilThereIs(late, 100, read);

        read.retainAll(List.of(early, late));
        assertEquals(List.of(early, late), read, "each once");
    }

    @Test
    void aRevocationThatIsRolledBackHoldsNothingUp() throws Exception {
        String account = Accounts.open("1");
        UUID after;
        try (Connection connection = LiveStatements.connect()) {
            revoke(connection, account);
            connection.rollback();
            after = revoke(connection, account);
            connection.commit();
        }

        readUntilThereIs(after, 100, new ArrayList<>());
    }

    @Test
    void pagesOfAnySizeTogetherHaveAll() throws Exception {
        List<UUID> written = new ArrayList<>();
        try (Connection connection = LiveStatements.connect()) {
            for (int i = 0; i < 5; i++) {
                written.add(revoke(connection, Accounts.open("1")));
                connection.commit();
            }
        }
        List<UUID> read = new ArrayList<>();

        readUntilThereIs(written.get(4), 1, read);

        read.retainAll(written);
        assertEquals(written, read);
    }

    private void readUntilThereIs(UUID receipt, int size, List<UUID> read) {
        Awaitility.await().atMost(Duration.ofSeconds(10)).pollInterval(Duration.ofMillis(10)).until(() -> {
            read.addAll(page(size));
            return read.contains(receipt);
        });
    }

    /** The query of the document, word for word. */
    private List<UUID> page(int size) throws SQLException, IOException {
        Matcher query = QUERY.matcher(Files.readString(Path.of("src/docs/operations.md")));
        assertTrue(query.find(), "the document has the query");
        String sql = query.group(1).replaceAll(":'\\w+'", "?").replaceAll(":size", "?");
        List<UUID> ids = new ArrayList<>();
        try (Connection connection = database.connect(); PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setString(1, transaction);
            statement.setString(2, id.toString());
            statement.setInt(3, size);
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    id = rows.getObject("id", UUID.class);
                    transaction = rows.getString("transaction_id");
                    ids.add(id);
                }
            }
        }
        return ids;
    }

    private static UUID revoke(Connection function, String account) throws SQLException {
        LiveStatements.lock(function, account);
        return LiveStatements.deleteAll(function, account);
    }
}
