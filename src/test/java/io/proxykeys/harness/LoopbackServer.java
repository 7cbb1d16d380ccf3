package io.proxykeys.harness;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;

/** Takes connections on a free port of this machine, each served by a thread of its own, until it is closed. */
public final class LoopbackServer implements AutoCloseable {

    private final ServerSocket listener;

    /** What is done with a connection; it is closed afterwards. */
    public interface Service {
        void serve(Socket client) throws IOException;
    }

    public LoopbackServer(Service service) {
        try {
            listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        start(() -> accept(service));
    }

    public int port() {
        return listener.getLocalPort();
    }

    @Override
    public void close() throws IOException {
        listener.close();
    }

    /** Passes on what both sides say, until one of them is done. */
    static void connect(Socket client, Socket server) {
        start(() -> copy(server, client));
        copy(client, server);
    }

    private void accept(Service service) {
        while (true) {
            try {
                Socket client = listener.accept();
                start(() -> serve(client, service));
            } catch (IOException e) {
                return;
            }
        }
    }

    private static void serve(Socket client, Service service) {
        try (client) {
            service.serve(client);
        } catch (IOException e) {
            // closed by one side, or the client does not trust us
        }
    }

    private static void copy(Socket from, Socket to) {
        try (to) {
            from.getInputStream().transferTo(to.getOutputStream());
        } catch (IOException e) {
            // closed by one side
        }
    }

    private static void start(Runnable work) {
        Thread thread = new Thread(work, "loopback server");
        thread.setDaemon(true);
        thread.start();
    }
}
