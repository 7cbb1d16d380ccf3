package io.proxykeys.connection;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.EventLoop;
import io.netty.channel.SingleThreadEventLoop;
import io.vertx.core.Vertx;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;

/**
 * The sockets to the database, so that those that are given up can be closed for certain.
 *
 * <p>The client closes politely: it says goodbye, ends its own direction, and waits for the server to end the other one. A peer
 * that is gone never does, and whatever closes the channel after that is stopped by the same code. While a statement is being
 * prepared it does not even begin. Netty tells which sockets an event loop serves; also those of connections that no pool hands
 * out, because the server has not let them in yet.
 */
final class OpenChannels {

    private final EventLoop loop;
    private final int port;

    /** @param port of the database */
    @SuppressWarnings("deprecation")
    OpenChannels(Vertx vertx, int port) {
        // There is one (quarkus.vertx.event-loops-pool-size).
        this.loop = vertx.nettyEventLoopGroup().next();
        this.port = port;
    }

    /** Runs it on the event loop that serves them: at once if this is its thread. */
    void run(Runnable work) {
        if (loop.inEventLoop()) {
            work.run();
        } else {
            loop.execute(work);
        }
    }

    /** Those that are connected to the database now. To be called on the event loop. */
    List<Channel> now() {
        List<Channel> open = new ArrayList<>();
        ((SingleThreadEventLoop) loop).registeredChannelsIterator().forEachRemaining(channel -> {
            if (channel.remoteAddress() instanceof InetSocketAddress server && server.getPort() == port) {
                open.add(channel);
            }
        });
        return open;
    }

    /** Closes them after what the event loop has to do already: a goodbye, if the client can say it. */
    void close(List<Channel> givenUp) {
        loop.execute(() -> givenUp.forEach(OpenChannels::close));
    }

    /** From the first handler on: the client's own handlers, which would wait for the server, come after it. */
    @SuppressWarnings("FutureReturnValueIgnored") // nothing is done afterwards
    private static void close(Channel channel) {
        ChannelHandlerContext first = channel.pipeline().firstContext();
        if (first == null) {
            channel.close();
        } else {
            first.close();
        }
    }
}
