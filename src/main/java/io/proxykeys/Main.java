package io.proxykeys;

import io.proxykeys.config.Settings;
import io.quarkus.runtime.ImageMode;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.annotations.QuarkusMain;
import java.util.Optional;

/** Starts the function, unless a setting is missing or malformed: then says which one, in one line, and exits with 1. */
@QuarkusMain
public final class Main {

    public static void main(String... args) {
        // The function is a native image. Development and tests run on the JVM and bring their own database and keys.
        if (ImageMode.current() == ImageMode.NATIVE_RUN) {
            Optional<String> mistake = Settings.ofProcess().mistake();
            if (mistake.isPresent()) {
                System.err.println("proxy-keys: cannot start: " + mistake.get());
                System.exit(1);
            }
        }
        Quarkus.run(args);
    }
}
