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
import java.util.Collections;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.Set;
import javax.net.ssl.SSLException;

/**
 * What a failed database call means, wherever in the chain of causes the reason is. The states are SQLSTATEs, or classes of them
 * (PostgreSQL manual, appendix A). Where several reasons are found, as when a roll-back fails too, the one declared first counts.
 */
enum SqlFailure {

    /** Serialization failure, deadlock: the server rolled back because of another transaction. */
    ROLLED_BACK("40001", "40P01"),

    /**
     * A connection that was open broke, as after a freeze: closed, reset, given up because it was silent, or found closed when it was
     * used. With these states the server says that it closes the connection: idle in a transaction for too long, as an instance that
     * was frozen between two statements; a transaction that took too long; stopped by an administrator; crashed; idle for too long.
     */
    CONNECTION_LOST("25P03", "25P04", "57P01", "57P02", "57P05") {
        @Override
        boolean isCause(Throwable cause) {
            return cause instanceof ClosedConnectionException
                    || (cause instanceof IOException && !isNotEvenConnected(cause))
                    || says(cause, "Connection is not active");
        }
    },

    /** The server refuses writes: it is a standby, or became one. */
    READ_ONLY("25006"),

    /**
     * A prepared statement no longer fits, as after a migration (the state that stands for "not supported", too), or the server of
     * this connection does not know it.
     */
    STALE_STATEMENT("0A000", "26000"),

    /** The server does not let us in: wrong password, unknown login, no entry for it in pg_hba.conf. */
    REFUSED_LOGIN("28"),

    /**
     * The database cannot be reached, or cannot serve now: 08 connection, 3D no such database, 40 rolled back, 53 out of resources,
     * 55P03 lock not available, 57 stopped or cancelled, 58 system error.
     */
    UNAVAILABLE("08", "3D", "40", "53", "55P03", "57", "58") {
        /**
         * What the server says is a {@code VertxException} too, and has a state. Two failures of the client have no type
         * and are told by their message: no connection became free in time; the pool was closed.
         */
        @Override
        boolean isCause(Throwable cause) {
            return isNotEvenConnected(cause)
                    || cause instanceof TimeoutException
                    || (cause instanceof VertxException && !(cause instanceof DatabaseException))
                    || says(cause, "Timeout") || says(cause, "Pool closed")
            // Of no type at all: the server was asked for TLS and has none.
                    || (cause.getClass() == Exception.class && WITHOUT_TLS.equals(cause.getMessage()))
                    || hasNoState(cause);
        }
    },

    /** Nothing that says something about the database: a fault of ours, or a result that was thrown. */
    OTHER {
        @Override
        boolean isCause(Throwable cause) {
            return true;
        }
    };

    private static final Set<Class<? extends IOException>> NOT_EVEN_CONNECTED = Set.of(ConnectException.class, NoRouteToHostException.class,
            UnknownHostException.class, SSLException.class);

    private static final String WITHOUT_TLS = "Postgres Server does not handle SSL connection";

    private final Set<String> states;

    SqlFailure(String... states) {
        this.states = Set.of(states);
    }

    /** What a failure means. */
    static SqlFailure of(Throwable failure) {
        Set<Throwable> causes = causes(failure);
        for (SqlFailure kind : values()) {
            if (causes.stream().anyMatch(cause -> kind.hasStateOf(cause) || kind.isCause(cause))) {
                return kind;
            }
        }
        return OTHER;
    }

    /** Whether it is recognised by something else than a state. */
    boolean isCause(Throwable cause) {
        return false;
    }

    private boolean hasStateOf(Throwable cause) {
        String state = state(cause);
        return state != null && (states.contains(state) || (state.length() > 2 && states.contains(state.substring(0, 2))));
    }

    /** The SQLSTATE of a server's refusal, empty if it gave none; {@code null} for anything else. */
    private static String state(Throwable cause) {
        if (cause instanceof PgException refused) {
            return refused.getSqlState() == null ? "" : refused.getSqlState();
        }
        // Hibernate Reactive hands the server's refusal of a statement on as this.
        if (cause instanceof SQLException statement) {
            return statement.getSQLState() == null ? "" : statement.getSQLState();
        }
        return null;
    }

    private static boolean hasNoState(Throwable cause) {
        String state = state(cause);
        return state != null && state.length() < 2;
    }

    private static boolean isNotEvenConnected(Throwable cause) {
        return NOT_EVEN_CONNECTED.stream().anyMatch(type -> type.isInstance(cause));
    }

    private static boolean says(Throwable cause, String words) {
        return cause instanceof NoStackTraceThrowable && cause.getMessage() != null && cause.getMessage().startsWith(words);
    }

    /** The failure, its causes, and what failed besides: a roll-back on a broken connection fails too. */
    private static Set<Throwable> causes(Throwable failure) {
        Set<Throwable> found = Collections.newSetFromMap(new IdentityHashMap<>());
        Deque<Throwable> left = new ArrayDeque<>();
        left.add(failure);
        while (!left.isEmpty()) {
            Throwable next = left.poll();
            if (found.add(next)) {
                if (next instanceof CompositeException several) {
                    left.addAll(several.getCauses());
                }
                if (next.getCause() != null) {
                    left.add(next.getCause());
                }
            }
        }
        return found;
    }
}
