package io.proxykeys.startup;

import com.oracle.svm.core.annotate.Substitute;
import com.oracle.svm.core.annotate.TargetClass;
import io.quarkus.runtime.configuration.NameIterator;

/**
 * Spares the native function a comparison of every setting there is, defaults included, with every one that Quarkus knows, for the
 * sake of a warning about misspelt ones: a sixth of the start. Development and tests still warn; {@code src/docs/performance.md}
 * has the figures. A Quarkus without this method stops the native build.
 */
@TargetClass(className = "io.quarkus.runtime.generated.Config")
final class NoSweepForUnknownSettings {

    @Substitute
    @SuppressWarnings("unused")
    private static boolean isMapped(NameIterator name) {
        return true;
    }

    private NoSweepForUnknownSettings() {
    }
}
