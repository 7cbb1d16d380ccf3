package io.proxykeys.log;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.proxykeys.harness.LogLines;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;

/** What libraries print past the log. */
class PrintedLinesTest {

    private final ByteArrayOutputStream console = new ByteArrayOutputStream();
    private final PrintStream printed = PrintedLines.in(new PrintStream(console, true, StandardCharsets.UTF_8));

    @Test
    void eachLineIsALineOfTheLogAndNothingElseIsPrinted() {
        try (LogLines log = new LogLines("console")) {
            printed.println("one ü \ud83d\ude00");
            printed.print("tw");
            printed.print("o\r\n\n");
            printed.printf("three%nfour");

            assertEquals(List.of("WARN one ü \ud83d\ude00", "WARN two", "WARN three"), log.lines());
            assertEquals("", console.toString(StandardCharsets.UTF_8));
        }
    }

    /** As the log manager does when a handler fails. */
    @Test
    void whatIsPrintedWhileALineIsLoggedGoesToTheConsole() {
        Handler failing = new Handler() {
            @Override
            public void publish(LogRecord logged) {
                printed.println("cannot write");
            }

            @Override
            public void flush() {
                // nothing is kept back
            }

            @Override
            public void close() {
                // nothing is open
            }
        };
        Logger.getLogger("console").addHandler(failing);
        try {
            printed.println("a line");
        } finally {
            Logger.getLogger("console").removeHandler(failing);
        }
        assertEquals("cannot write", console.toString(StandardCharsets.UTF_8).strip());
    }
}
