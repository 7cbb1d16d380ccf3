package io.proxykeys.harness;

import java.util.EnumMap;
import java.util.Map;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.TestExecutionResult.Status;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.TestPlan;

/** Says at the end of a run what was tested: how many tests, with which PostgreSQL, and whether against the native function. */
public final class Summary implements TestExecutionListener {

    private final Map<Status, Integer> tests = new EnumMap<>(Status.class);
    private int skipped;

    @Override
    public synchronized void executionFinished(TestIdentifier test, TestExecutionResult result) {
        if (test.isTest()) {
            tests.merge(result.getStatus(), 1, Integer::sum);
        }
    }

    @Override
    public synchronized void executionSkipped(TestIdentifier test, String reason) {
        skipped++;
    }

    @Override
    public synchronized void testPlanExecutionFinished(TestPlan plan) {
        if (tests.isEmpty()) {
            return;
        }
        System.out.printf("%n%d tests passed, %d failed, %d skipped; %s; PostgreSQL %s. The function's log is %s.%n%n",
                tests.getOrDefault(Status.SUCCESSFUL, 0), tests.getOrDefault(Status.FAILED, 0),
                tests.getOrDefault(Status.ABORTED, 0) + skipped,
                System.getProperty("native.image.path") == null ? "on the JVM" : "against the native function",
                System.getProperty("postgresql.version", "of the default version"),
                System.getProperty("native.image.path") == null ? "target/function.log" : "target/quarkus.log");
    }
}
