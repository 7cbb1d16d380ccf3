package io.proxykeys.hold;

import io.proxykeys.harness.Postgres;
import java.sql.Connection;
import java.sql.SQLException;

/** Calls {@code release_expired_holds()} as the function does, and fails if that has to wait for a lock. */
final class Releases {

    private Releases() {
    }

    /** One call; returns how many holds were released. */
    static int one() {
        try (Connection function = Postgres.shared().connect("postgres", Postgres.FUNCTION_USER, Postgres.PASSWORD)) {
            Postgres.execute(function, "SET lock_timeout = 1");
            return Postgres.one(function, Integer.class, "SELECT release_expired_holds()");
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** As often as the maintenance does: until there is nothing that it could release. */
    static int untilNothingIsLeft() {
        int all = 0;
        for (int released = one(); released > 0; released = one()) {
            all += released;
        }
        return all;
    }
}
