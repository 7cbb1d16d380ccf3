package io.proxykeys.conservation;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** Credits on hold, for a call whose cost is known to whoever tells. */
final class Hold {
    final UUID id;
    final String key;
    final BigDecimal amount;
    /** What the call costs. */
    final BigDecimal cost;
    private final List<BigDecimal> settled = new ArrayList<>();
    private final List<BigDecimal> perhapsSettled = new ArrayList<>();
    private final List<BigDecimal> refused = new ArrayList<>();
    /** What those were told that came after its release. */
    private final List<BigDecimal> charged = new ArrayList<>();

    Hold(UUID id, String key, BigDecimal amount, BigDecimal cost) {
        this.id = id;
        this.key = key;
        this.amount = amount;
        this.cost = cost;
    }

    synchronized void settled(BigDecimal at) {
        settled.add(at);
    }

    synchronized void charged(BigDecimal credits) {
        charged.add(credits);
    }

    /** Whether all were told what was charged in the end; {@code null}: nothing was said after a release. */
    synchronized boolean agreesWithCharge(BigDecimal end) {
        return charged.stream().allMatch(credits -> end != null && credits.compareTo(end) == 0);
    }

    synchronized void perhapsSettled(BigDecimal at) {
        perhapsSettled.add(at);
    }

    synchronized void refused(BigDecimal at) {
        refused.add(at);
    }

    /** Whether what clients were told can be true if it was settled at this cost in the end; {@code null}: it was not. */
    synchronized boolean agreesWith(BigDecimal end) {
        if (end == null) {
            return settled.isEmpty() && refused.isEmpty();
        }
        boolean known = end.signum() == 0 || settled.stream().anyMatch(at -> at.compareTo(end) == 0)
                || perhapsSettled.stream().anyMatch(at -> at.compareTo(end) == 0);
        return known && settled.stream().allMatch(at -> at.compareTo(end) == 0)
                && refused.stream().noneMatch(at -> at.compareTo(end) == 0);
    }

    @Override
    public String toString() {
        return "hold " + id + " of " + amount + " on key " + key + ", settled at " + settled + ", perhaps at " + perhapsSettled
                + ", refused at " + refused + ", charged late " + charged;
    }
}
