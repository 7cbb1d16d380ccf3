package io.proxykeys.startup;

/**
 * Work of the first request that is done before there is one. Lambda gives a starting process a whole processor, and a share
 * of one afterwards (<a href="https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html">AWS</a>), so that
 * the same work costs the first caller many times as much.
 */
public interface Rehearsal {

    /** Goes through the motions and changes nothing. Blocks for a second at most; a failure is harmless. */
    void rehearse() throws Throwable;
}
