package io.proxykeys.operation.recreate;

import io.proxykeys.database.AccountChange;
import io.proxykeys.database.AccountLock;
import io.proxykeys.database.RateLimit;
import io.proxykeys.json.JsonPage;
import io.proxykeys.key.CreatedKey;
import io.proxykeys.key.ListedKey;
import io.proxykeys.key.NewKey;
import io.proxykeys.key.NewKeys;
import io.proxykeys.key.Refusals;
import io.proxykeys.problem.ProblemException;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowIterator;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * The statements of one recreation: {@code db/migration/R__5_life_of_a_key.sql}. Unless the keys are named, one more asks how many the
 * receipt has, because to choose identifiers and secrets for the most that there may be takes longer than all the rest.
 */
final class RecreateStatements {

    private static final String KEYS_OF_RECEIPT = "SELECT keys_deleted FROM revocation WHERE id = $1 AND account_id = $2";

    /** Without the lock there is no account, which the function refuses. */
    private static final String SQL = """
            SELECT outcome, retry_after, keys_skipped, credits_allocated, balance, replaces, id, name, allocated, is_active, expires_at,
                   model_whitelist, ip_whitelist, created_at
              FROM recreate_proxy_keys(
                       account_id => %s,
                       receipt_id => $2,
                       named => $3,
                       key_ids => $4,
                       secret_hashes => $5,
                       bucket => $6,
                       calls_per_minute => $7,
                       burst => $8)"""
            .formatted(AccountLock.whileLocked("$1::text"));

    private final String account;
    private final Recreation recreation;
    private final NewKeys source;
    private final RateLimit limit;
    /** One for each key, the oldest first. Chosen once: a second attempt finds what the first one has made of them. */
    private Optional<List<NewKey>> chosen;

    RecreateStatements(String account, Recreation recreation, NewKeys newKeys, RateLimit limit) {
        this.account = account;
        this.recreation = recreation;
        this.source = newKeys;
        this.limit = limit;
        this.chosen = recreation.named().map(names -> newKeys.next(names.size()));
    }

    /**
     * Makes the keys.
     *
     * @param connection with a transaction that has just begun
     * @return its result is to be called once the transaction is committed, because a refused call is counted: the new keys, or throws the
     *         {@link ProblemException} to answer with. Fails at once if the answer would be too long: then no key may stay
     */
    Future<Supplier<RecreatedKeys>> send(SqlConnection connection) {
        return chosen.map(keys -> change(keys).send(connection)).orElseGet(() -> AccountChange.send(connection, account, KEYS_OF_RECEIPT,
                Tuple.of(recreation.receipt(), account), rows -> change(choose(rows))));
    }

    private AccountChange<Supplier<RecreatedKeys>> change(List<NewKey> keys) {
        return new AccountChange<>(account, SQL, parameters(keys), rows -> result(rows, keys));
    }

    /** None for a receipt that is not there; another attempt asks again. */
    private List<NewKey> choose(RowSet<Row> rows) {
        if (rows.size() == 0) {
            return List.of();
        }
        List<NewKey> keys = source.next(Math.min(rows.iterator().next().getInteger("keys_deleted"), Recreation.MAX_KEYS));
        chosen = Optional.of(keys);
        return keys;
    }

    private Tuple parameters(List<NewKey> keys) {
        return limit.addTo(Tuple.tuple()
                .addString(account)
                .addUUID(recreation.receipt())
                .addArrayOfString(recreation.named().map(named -> named.toArray(String[]::new)).orElse(null))
                .addArrayOfString(keys.stream().map(NewKey::id).toArray(String[]::new))
                .addArrayOfBuffer(keys.stream().map(NewKey::secretHash).toArray(Buffer[]::new)));
    }

    private Supplier<RecreatedKeys> result(RowSet<Row> rows, List<NewKey> newKeys) {
        Row first = rows.iterator().next();
        return switch (first.getString("outcome")) {
            case "recreated" -> {
                RecreatedKeys keys = RecreatedKeys.of(keys(rows, newKeys), first.getInteger("keys_skipped"),
                        first.getBigDecimal("credits_allocated"), first.getBigDecimal("balance"));
                yield () -> keys;
            }
            case "replaced" -> Refusals.because(ProblemException.alreadyRecreated(replaced(rows)));
            case "unknown" -> Refusals.because(ProblemException.unknownReceipt());
            case "unlisted" -> Refusals.because(Recreation.unlisted());
            case "many" -> Refusals.because(ProblemException.tooManyKeys());
            default -> Refusals.of(first, limit);
        };
    }

    /** As many as an answer has room for. */
    private static String replaced(RowSet<Row> rows) {
        JsonPage page = new JsonPage(rows.size());
        boolean room = true;
        for (RowIterator<Row> row = rows.iterator(); room && row.hasNext();) {
            Row key = row.next();
            room = page.add(json -> {
                json.writeStringField("replaces", key.getString("replaces"));
                json.writeStringField("id", key.getString("id"));
            });
        }
        return page.json();
    }

    private static List<RecreatedKey> keys(RowSet<Row> rows, List<NewKey> newKeys) {
        Map<String, NewKey> byId = newKeys.stream().collect(Collectors.toMap(NewKey::id, Function.identity()));
        List<RecreatedKey> keys = new ArrayList<>();
        for (Row row : rows) {
            // One row without a key says that there was none to recreate.
            if (row.getString("id") != null) {
                keys.add(new RecreatedKey(row.getString("replaces"), new CreatedKey(key(row), byId.get(row.getString("id")).secret())));
            }
        }
        return keys;
    }

    private static ListedKey key(Row row) {
        OffsetDateTime expiresAt = row.getOffsetDateTime("expires_at");
        return ListedKey.unused(row.getString("name"), row.getString("id"), expiresAt == null ? null : expiresAt.toInstant(),
                row.getBigDecimal("allocated"), row.getBoolean("is_active"), Arrays.asList(row.getArrayOfStrings("model_whitelist")),
                Arrays.asList(row.getArrayOfStrings("ip_whitelist")), row.getOffsetDateTime("created_at").toInstant());
    }
}
