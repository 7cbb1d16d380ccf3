package io.proxykeys.maintenance;

import java.util.Optional;
import java.util.stream.Stream;

/** What is done on a schedule: a function of the database that does one batch and returns its size; 0: nothing is left. */
public enum MaintenanceTask {

    /** Settles at 0 what was not settled in time, so that its credits can be used again. */
    RELEASE_EXPIRED_HOLDS("Release Expired Holds", "SELECT release_expired_holds()", "Expired holds released"),

    /** Deletes receipts and settled holds that are older than 90 days. */
    PURGE_RECEIPTS("Purge Receipts", "SELECT purge_receipts()", "Receipts purged");

    private final String detailType;
    private final String sql;
    private final String message;

    MaintenanceTask(String detailType, String sql, String message) {
        this.detailType = detailType;
        this.sql = sql;
        this.message = message;
    }

    /** @param detailType as in the event; may be {@code null} */
    static Optional<MaintenanceTask> of(String detailType) {
        return Stream.of(values()).filter(task -> task.detailType.equals(detailType)).findFirst();
    }

    /** The event's {@code detail-type}. */
    public String detailType() {
        return detailType;
    }

    /** Does one batch; its one column is the batch's size. */
    String sql() {
        return sql;
    }

    /** What the answer and the log say when it was done. */
    String message() {
        return message;
    }
}
