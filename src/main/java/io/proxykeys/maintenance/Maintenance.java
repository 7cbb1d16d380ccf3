package io.proxykeys.maintenance;

import io.proxykeys.database.CommitGate;
import io.proxykeys.database.Transactions;
import io.proxykeys.json.JsonText;
import io.proxykeys.log.LogEvent;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Future;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.List;
import org.jboss.logging.Logger;

/**
 * Carries out maintenance events, which the stack sends on a schedule: source {@value #SOURCE}, and the {@code detail-type} of a
 * {@link MaintenanceTask}. Nothing else of the event is read.
 *
 * <p>A task is done batch after batch, each a transaction of its own, until nothing is left or half of the time is over; the other
 * half is for the last batch. What is left then is the next event's. So an event may be repeated, lost, or sent twice at once,
 * without harm.
 */
@ApplicationScoped
public class Maintenance {

    /** The {@code source} of maintenance events. */
    public static final String SOURCE = "proxy-keys.maintenance";

    /** Bounds a batch on the server; not waited for. */
    private static final String PROMISES = "SELECT set_transaction_promises()";

    private static final Logger LOG = Logger.getLogger(Maintenance.class);

    private final Transactions transactions;

    @Inject
    Maintenance(Transactions transactions) {
        this.transactions = transactions;
    }

    /**
     * Carries out a task in batches.
     *
     * @param detailType the event's; may be {@code null}
     * @param remaining how long the caller waits
     * @return {@code message}, {@code count}: how many holds, or receipts and holds; {@code finished}: whether nothing was left but
     *         what others are busy with. Fails with {@link MaintenanceFailed} for an unknown task, or if a batch fails; what earlier
     *         batches have done stays done
     */
    public Uni<JsonText.Value> run(String detailType, Duration remaining) {
        MaintenanceTask task = MaintenanceTask.of(detailType)
                .orElseThrow(() -> new MaintenanceFailed("detail-type is no maintenance of ours", null));
        long end = System.nanoTime() + remaining.dividedBy(2).toNanos();
        return Uni.createFrom().deferred(() -> batch(task))
                .repeat().whilst(count -> count > 0 && System.nanoTime() < end)
                .collect().asList()
                .map(batches -> answer(task, batches))
                .onFailure().transform(failure -> new MaintenanceFailed(task.detailType() + " failed: " + failure.getMessage(), failure));
    }

    private Uni<Integer> batch(MaintenanceTask task) {
        return transactions.run(new CommitGate(), connection -> {
            Future<?> promised = connection.query(PROMISES).execute();
            Future<Integer> size = connection.preparedQuery(task.sql()).execute().map(rows -> rows.iterator().next().getInteger(0));
            return promised.compose(set -> size);
        });
    }

    private static JsonText.Value answer(MaintenanceTask task, List<Integer> batches) {
        int count = batches.stream().mapToInt(Integer::intValue).sum();
        boolean finished = batches.get(batches.size() - 1) == 0;
        LogEvent.of("maintenance", task.message()).with("count", count).with("finished", finished).info(LOG);
        return json -> {
            json.writeStringField("message", task.message());
            json.writeNumberField("count", count);
            json.writeBooleanField("finished", finished);
        };
    }
}
