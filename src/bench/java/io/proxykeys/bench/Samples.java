package io.proxykeys.bench;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/** Measurements of one thing. */
final class Samples {

    private double[] values = new double[64];
    private int count;

    void add(double value) {
        if (count == values.length) {
            values = Arrays.copyOf(values, 2 * count);
        }
        values[count++] = value;
    }

    /** In milliseconds. */
    void addSince(long startNanos, long endNanos) {
        add((endNanos - startNanos) / 1e6);
    }

    boolean isEmpty() {
        return count == 0;
    }

    /** @param part from 0 to 1; not a number if there are no measurements */
    double quantile(double part) {
        if (count == 0) {
            return Double.NaN;
        }
        double[] sorted = Arrays.copyOf(values, count);
        Arrays.sort(sorted);
        return sorted[(int) Math.min(count - 1, Math.floor(part * count))];
    }

    double median() {
        return quantile(0.5);
    }

    double mean() {
        return Arrays.stream(values, 0, count).average().orElseThrow();
    }

    Map<String, Object> json() {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("samples", count);
        json.put("p50", median());
        json.put("p90", quantile(0.9));
        json.put("p99", quantile(0.99));
        json.put("worst", quantile(1));
        return json;
    }
}
