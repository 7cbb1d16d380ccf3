package io.proxykeys.bench;

import java.util.Map;

/**
 * How the function reaches its database and its key set.
 *
 * @param environment of the function
 * @param floor the JDBC URL by which a bare client reaches the same database in the same way, with the function's login
 */
record Setup(String name, Map<String, String> environment, String floor) {
}
