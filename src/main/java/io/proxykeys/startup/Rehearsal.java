package io.proxykeys.startup;

import io.smallrye.mutiny.Uni;

/**
 * Work of the first request that is done before there is one. Lambda gives a starting process a whole processor, and a share
 * of one afterwards (<a href="https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html">AWS</a>), so that
 * the same work costs the first caller many times as much.
 */
public interface Rehearsal {

    /** Goes through the motions and changes nothing. What has not ended after a second is not waited for; a failure is harmless. */
    Uni<Void> rehearse();
}
