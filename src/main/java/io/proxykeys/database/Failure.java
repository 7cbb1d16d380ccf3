package io.proxykeys.database;

import io.smallrye.mutiny.CompositeException;
import io.smallrye.mutiny.TimeoutException;
import io.vertx.core.VertxException;
import io.vertx.core.impl.NoStackTraceThrowable;
import io.vertx.pgclient.PgException;
import io.vertx.sqlclient.ClosedConnectionException;
import io.vertx.sqlclient.DatabaseException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.UnknownHostException;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Set;
import java.util.function.Predicate;
import javax.net.ssl.SSLException;

/** What a failed database call means, wherever in the chain of causes the reason is. */
final class Failure {

    /**
     * SQLSTATE classes of a server that cannot serve now (PostgreSQL manual, appendix A): 08 connection, 25P03 idle
     * session ended, 25006 read-only, as a server is that lost its role, 40 rolled back, 53 out of resources, 55P03 lock not
     * available, 57 stopped or cancelled, 58 system error.
     */
    private static final Set<String> PASSING = Set.of("08", "40", "53", "57", "58");
    private static final Set<String> PASSING_STATES = Set.of("25P03", "25006", "55P03");
    /**
     * With these the server says that it closes the connection: idle in a transaction for too long, as a copy that was frozen
     * between two statements, stopped by an administrator, crashed, idle for too long.
     */
    private static final Set<String> CLOSING = Set.of("25P03", "57P01", "57P02", "57P05");
    /** Serialization failure, deadlock: rolled back for somebody else's sake, and worth another attempt. */
    private static final Set<String> ROLLED_BACK = Set.of("40001", "40P01");
    private static final Set<Class<? extends IOException>> NOT_EVEN_CONNECTED = Set.of(ConnectException.class, NoRouteToHostException.class,
            UnknownHostException.class, SSLException.class);
    /** Not even connected: wrong credentials (28) or no such database (3D) are for the operator's log, not for the client. */
    private static final Set<String> MISCONFIGURED = Set.of("28", "3D");

    private Failure() {
    }

    /** Whether a connection that was open broke, as after a freeze: closed, reset, or found closed when it is used. */
    static boolean isLostConnection(Throwable failure) {
        return any(failure, cause -> cause instanceof ClosedConnectionException
                || cause instanceof IOException && !NOT_EVEN_CONNECTED.stream().anyMatch(type -> type.isInstance(cause))
                || says(cause, "Connection is not active")
                || hasState(cause, CLOSING::contains));
    }

    /** Whether the server rolled the transaction back, for certain and through no fault of its own, so that it may be run again. */
    static boolean isRolledBack(Throwable failure) {
        return any(failure, cause -> hasState(cause, ROLLED_BACK::contains));
    }

    /** Whether the database could not be reached, or could not serve at the moment. */
    static boolean isOfTheDatabase(Throwable failure) {
        return any(failure, cause -> cause instanceof ClosedConnectionException
                || cause instanceof IOException
                || cause instanceof TimeoutException
                // What the server says is one too, and is looked at below.
                || cause instanceof VertxException && !(cause instanceof DatabaseException)
                // The client's own words, for which it has no types: no connection to be had in time; closed before use.
                || says(cause, "Timeout") || says(cause, "Connection is not active") || says(cause, "Pool closed")
                || hasState(cause, Failure::cannotServe));
    }

    static <T extends Throwable> T find(Throwable failure, Class<T> type) {
        Throwable[] found = new Throwable[1];
        any(failure, cause -> {
            found[0] = cause;
            return type.isInstance(cause);
        });
        return type.isInstance(found[0]) ? type.cast(found[0]) : null;
    }

    private static boolean says(Throwable cause, String words) {
        return cause instanceof NoStackTraceThrowable && cause.getMessage() != null && cause.getMessage().startsWith(words);
    }

    /** Whether it is the server's refusal with such a SQLSTATE; an empty one if it gave none. */
    private static boolean hasState(Throwable cause, Predicate<String> state) {
        return cause instanceof PgException refused && state.test(given(refused.getSqlState()))
                // Hibernate Reactive hands the server's refusal of a statement on as this.
                || cause instanceof SQLException statement && state.test(given(statement.getSQLState()));
    }

    private static String given(String state) {
        return state == null ? "" : state;
    }

    private static boolean cannotServe(String state) {
        if (state.length() < 2) {
            return true;
        }
        String kind = state.substring(0, 2);
        return PASSING.contains(kind) || MISCONFIGURED.contains(kind) || PASSING_STATES.contains(state);
    }

    /** Looks through causes, and through what failed besides: a roll-back on a broken connection fails too. */
    private static boolean any(Throwable failure, Predicate<Throwable> test) {
        Deque<Throwable> left = new ArrayDeque<>();
        left.add(failure);
        for (int seen = 0; !left.isEmpty() && seen < 50; seen++) {
            Throwable next = left.poll();
            if (test.test(next)) {
                return true;
            }
            if (next instanceof CompositeException several) {
                left.addAll(several.getCauses());
            }
            if (next.getCause() != null) {
                left.add(next.getCause());
            }
        }
        return false;
    }
}
