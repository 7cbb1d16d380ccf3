package io.proxykeys.connection;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** Fails when Quarkus no longer asks for the deprecated interface: then {@link RenewingPool} can be a {@code Pool}. */
class PgPoolTest {

    @Test
    void quarkusCastsThePoolToTheDeprecatedInterface() throws Exception {
        String recorder = "/io/quarkus/reactive/pg/client/runtime/PgPoolRecorder.class";
        try (InputStream compiled = getClass().getResourceAsStream(recorder)) {
            // The pool of constants names the classes that are cast to as they are, and types of parameters as "Lname;".
            String constants = new String(compiled.readAllBytes(), StandardCharsets.ISO_8859_1);
            assertTrue(constants.contains("\u0001\u0000\u0018io/vertx/pgclient/PgPool"), "RenewingPool need not be a PgPool any more");
        }
    }
}
