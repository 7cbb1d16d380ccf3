package io.proxykeys.log;

import io.quarkus.runtime.LaunchMode;
import io.quarkus.runtime.StartupEvent;
import jakarta.annotation.Priority;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.jboss.logging.Logger;

/**
 * Makes a line of the log of each line that is printed past it, such as the stack trace of a thread that ended. The console of the log
 * has taken its own stream before, when the log was set up.
 */
final class PrintedLines extends OutputStream {

    private static final Logger LOG = Logger.getLogger("console");

    private final PrintStream original;
    private final ByteArrayOutputStream line = new ByteArrayOutputStream();
    private boolean logging;

    private PrintedLines(PrintStream original) {
        this.original = original;
    }

    /** @param original where a line goes that is printed while one is logged */
    static PrintStream in(PrintStream original) {
        return new PrintStream(new PrintedLines(original), true, StandardCharsets.UTF_8);
    }

    /** In order: the stream calls it with its lock held. */
    @Override
    public synchronized void write(int b) {
        if (logging) {
            original.write(b);
        } else if (b != '\n') {
            line.write(b);
        } else {
            String text = line.toString(StandardCharsets.UTF_8).stripTrailing();
            line.reset();
            if (!text.isEmpty()) {
                log(text);
            }
        }
    }

    private void log(String text) {
        logging = true;
        try {
            LOG.warn(text);
        } finally {
            logging = false;
        }
    }

    /** Before anything else of the start, in the function only: in development and tests a console is for people. */
    @Singleton
    static final class Installer {

        void install(@Observes @Priority(1) StartupEvent start) {
            if (LaunchMode.current() == LaunchMode.NORMAL) {
                System.setOut(in(System.out));
                System.setErr(in(System.err));
            }
        }
    }
}
