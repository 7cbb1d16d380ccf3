package io.proxykeys.log;

import org.jboss.logging.MDC;

/**
 * The id under which Lambda knows an invocation, for every line that is written on its behalf
 * (<a href="https://quarkus.io/guides/logging">Quarkus</a>: the mapped diagnostic context follows the Vert.x context).
 */
public final class CallId {

    /** The member of a line, and the key in the mapped diagnostic context. */
    public static final String NAME = "aws_request_id";

    private CallId() {
    }

    /** From here on, lines of this thread, or of the Vert.x context that it works for, have this id, until the next one is set. */
    public static void set(String awsRequestId) {
        MDC.put(NAME, awsRequestId);
    }
}
