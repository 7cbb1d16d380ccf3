package io.proxykeys.bench;

import java.sql.SQLException;
import java.util.Map;

/**
 * How the function reaches its database and its key set.
 *
 * @param environment of the function
 * @param floor the JDBC URL by which a bare client reaches the same database, with the function's login; it trusts the one authority that
 * it needs
 */
record Setup(String name, Map<String, String> environment, String floor) {

    /** A bare client for the SQL. */
    Floor client(Floor.Sql sql) throws SQLException {
        // The function's role may not write to the tables itself.
        return new Floor(Accounts.connect(sql == Floor.Sql.SAME ? floor : floor.replaceAll("user=\\w+", "user=postgres")), sql);
    }
}
