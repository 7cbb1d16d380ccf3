package io.proxykeys.conservation;

import io.proxykeys.harness.Postgres;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.function.Supplier;

/** A client's connection, which is opened again when it is lost. Used by one thread. */
final class Session implements AutoCloseable {

    private final Supplier<Connection> connect;
    private Connection connection;

    /** Work in a transaction of its own. */
    interface Work<T> {
        T in(Connection connection) throws SQLException;
    }

    /** How a transaction ended that did not succeed. */
    static final class Failed extends Exception {
        final String state;
        /** Whether it may have been committed. */
        final boolean fateUnknown;

        private Failed(String state, boolean fateUnknown, SQLException cause) {
            super(state, cause);
            this.state = state == null ? "" : state;
            this.fateUnknown = fateUnknown;
        }
    }

    Session(Postgres server, String database, String user) {
        this.connect = () -> server.connect(database, user, Postgres.PASSWORD);
    }

    /** Runs work, pauses with its locks held, and commits. */
    <T> T transaction(long pauseMillis, Work<T> work) throws Failed {
        boolean committing = false;
        try {
            Connection open = open();
            open.setAutoCommit(false);
            T result = work.in(open);
            pause(pauseMillis);
            committing = true;
            open.commit();
            return result;
        } catch (SQLException e) {
            throw failed(e, committing);
        }
    }

    /** Runs one statement that commits automatically. */
    <T> T statement(Work<T> work) throws Failed {
        try {
            Connection open = open();
            open.setAutoCommit(true);
            return work.in(open);
        } catch (SQLException e) {
            throw failed(e, true);
        }
    }

    private Connection open() throws SQLException {
        if (connection == null || connection.isClosed()) {
            try {
                connection = connect.get();
                // Whatever the role's default is: what a client is told must be there after a crash.
                Postgres.execute(connection, "SET synchronous_commit = on");
            } catch (IllegalStateException refused) {
                pause(20);
                throw new SQLException("not connected", "NOT CONNECTED", refused);
            }
        }
        return connection;
    }

    private Failed failed(SQLException e, boolean committing) {
        String state = e.getSQLState() == null ? "" : e.getSQLState();
        boolean lost = state.startsWith("08") || state.startsWith("57P");
        if (lost || state.equals("NOT CONNECTED")) {
            close();
        } else {
            rollBack();
        }
        return new Failed(state, lost && committing, e);
    }

    private void rollBack() {
        try {
            if (!connection.getAutoCommit()) {
                connection.rollback();
            }
        } catch (SQLException e) {
            close();
        }
    }

    @Override
    public void close() {
        Connection last = connection;
        connection = null;
        try {
            if (last != null) {
                last.close();
            }
        } catch (SQLException e) {
            // it is lost
        }
    }

    static void pause(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
