package io.proxykeys.operation.rotate;

import io.proxykeys.database.AccountChange;
import io.proxykeys.database.AccountLock;
import io.proxykeys.database.RateLimit;
import io.proxykeys.key.NamedKeys;
import io.proxykeys.key.NewKey;
import io.proxykeys.key.Refusals;
import io.proxykeys.operation.KeyFields;
import io.proxykeys.problem.ProblemException;
import io.vertx.core.buffer.Buffer;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.Tuple;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * The second statement of a rotation: {@code db/migration/R__5_rotation.sql}.
 *
 * @param named which keys
 * @param one whether the caller named one key, and not a list
 * @param secrets as many, chosen before the transaction begins: a second attempt finds them. Their identifiers are not used
 */
record RotateStatement(NamedKeys named, boolean one, List<NewKey> secrets, int overlapSeconds) {

    /** Without the lock there is no account, which the function refuses. */
    private static final String SQL = """
            SELECT outcome, retry_after, place, key_id, overlap_until
              FROM rotate_proxy_keys(
                       account_id => %s,
                       target_ids => $2,
                       target_hashes => $3,
                       secret_hashes => $4,
                       overlap_seconds => $5,
                       bucket => $6,
                       calls_per_minute => $7,
                       burst => $8)"""
            .formatted(AccountLock.whileLocked("$1::text"));

    /**
     * The change that gives the keys their secrets.
     *
     * @return its result is to be called once the transaction is committed, because a refused call is counted: the keys, or throws the
     *         {@link ProblemException} to answer with
     */
    AccountChange<Supplier<RotatedKeys>> change(String account, RateLimit limit) {
        Tuple parameters = named.addTo(Tuple.of(account))
                .addArrayOfBuffer(secrets.stream().map(NewKey::secretHash).toArray(Buffer[]::new))
                .addInteger(overlapSeconds);
        return new AccountChange<>(account, SQL, limit.addTo(parameters), rows -> result(rows, limit));
    }

    private Supplier<RotatedKeys> result(RowSet<Row> rows, RateLimit limit) {
        Row first = rows.iterator().next();
        String outcome = first.getString("outcome");
        if (outcome.equals("rotated")) {
            RotatedKeys keys = keys(rows);
            return () -> keys;
        } else if (outcome.equals("same")) {
            return Refusals.because(KeyFields.invalid("proxy_keys must not name a key twice"));
        } else if (!one && (outcome.equals("unknown") || outcome.equals("foreign"))) {
            List<Integer> positions = new ArrayList<>();
            rows.forEach(row -> positions.add(row.getInteger("place") - 1));
            return Refusals.because(ProblemException.unknownKeys(positions));
        }
        return Refusals.of(first, limit);
    }

    private RotatedKeys keys(RowSet<Row> rows) {
        List<RotatedKeys.Key> keys = new ArrayList<>();
        Long overlapUntil = null;
        for (Row row : rows) {
            keys.add(new RotatedKeys.Key(row.getString("key_id"), secrets.get(row.getInteger("place") - 1).secret()));
            Long until = row.getLong("overlap_until");
            overlapUntil = overlapUntil == null || (until != null && until < overlapUntil) ? until : overlapUntil;
        }
        return new RotatedKeys(keys, overlapUntil);
    }

    /** Without the secrets, wherever it is written. */
    @Override
    public String toString() {
        return named.keys().size() + " keys";
    }
}
