package io.proxykeys.http;

import io.proxykeys.auth.Caller;
import io.proxykeys.database.DatabaseUnavailable;
import io.proxykeys.database.OutcomeUnknown;
import io.proxykeys.database.UnknownAccount;
import io.proxykeys.problem.ProblemException;
import io.smallrye.mutiny.Uni;
import java.util.Optional;
import java.util.UUID;

/** Serves one route: reads the request and words the answer. What it asks for is carried out elsewhere. */
public interface Endpoint {

    Route route();

    /**
     * Serves a call. Whatever is wrong with it may be thrown, too.
     *
     * @param caller has the scope of the route
     * @return the answer; fails with the {@link ProblemException} to answer with, or with {@link UnknownAccount},
     *         {@link DatabaseUnavailable} or {@link OutcomeUnknown}
     */
    Uni<Response> serve(Request request, Caller caller);

    /**
     * The answer to a call of this route that may have changed something, if it is not known whether it was committed.
     *
     * @param id which the call chose for what it writes; empty: it chose none, or had not come that far
     */
    default ProblemException outcomeUnknown(Optional<UUID> id, Throwable cause) {
        return ProblemException.outcomeUnknown(id.orElse(null), cause);
    }
}
