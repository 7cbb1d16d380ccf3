package io.proxykeys.http;

import io.proxykeys.problem.ProblemException;
import io.proxykeys.signingkeys.NoKeySet;
import io.smallrye.mutiny.Uni;

/** Serves a route that takes no token, because its sender signs each request. */
public interface SignedEndpoint {

    Route route();

    /** Whether it is served at all in this deployment; where not, the answer is 404. */
    boolean isServed();

    /**
     * Verifies and serves a request. Whatever is wrong with it may be thrown, too.
     *
     * @return the answer; fails with the {@link ProblemException} to answer with, or with {@link NoKeySet} if it cannot be verified now
     */
    Uni<Response> serve(Request request);
}
