package io.proxykeys.bench;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/** Measurements of one thing, in milliseconds. */
final class Samples {

    private double[] sorted = {};

    void add(double millis) {
        sorted = Arrays.copyOf(sorted, sorted.length + 1);
        sorted[sorted.length - 1] = millis;
        Arrays.sort(sorted);
    }

    void addSince(long startNanos, long endNanos) {
        add((endNanos - startNanos) / 1e6);
    }

    /** @param part from 0 to 1 */
    double quantile(double part) {
        return sorted[(int) Math.min(sorted.length - 1, Math.floor(part * sorted.length))];
    }

    double median() {
        return quantile(0.5);
    }

    double mean() {
        return Arrays.stream(sorted).average().orElseThrow();
    }

    Map<String, Object> json() {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("samples", sorted.length);
        json.put("p50", median());
        json.put("p90", quantile(0.9));
        json.put("p99", quantile(0.99));
        return json;
    }
}
