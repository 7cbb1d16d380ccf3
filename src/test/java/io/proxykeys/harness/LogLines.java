package io.proxykeys.harness;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Formatter;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.jboss.logmanager.formatters.PatternFormatter;

/** What is written to one logger of this process, for as long as it is open. */
public final class LogLines extends Handler implements AutoCloseable {

    private static final Formatter MESSAGE = new PatternFormatter("%s");

    private final Logger logger;
    private final List<String> lines = new CopyOnWriteArrayList<>();

    /** @param logger its name */
    public LogLines(String logger) {
        this.logger = Logger.getLogger(logger);
        this.logger.addHandler(this);
    }

    /** Each line with its level before it. */
    public List<String> lines() {
        return List.copyOf(lines);
    }

    @Override
    public void publish(LogRecord logged) {
        lines.add(logged.getLevel().getName() + " " + MESSAGE.format(logged));
    }

    @Override
    public void flush() {
        // nothing is kept back
    }

    @Override
    public void close() {
        logger.removeHandler(this);
    }
}
