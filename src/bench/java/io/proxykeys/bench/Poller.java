package io.proxykeys.bench;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** A function that does nothing: it answers every event with an empty object. Shows what the Runtime API itself adds. */
final class Poller implements AutoCloseable {

    private final Socket socket;

    Poller(String address) throws IOException {
        String[] hostAndPort = address.split(":", -1);
        socket = new Socket(hostAndPort[0], Integer.parseInt(hostAndPort[1]));
        socket.setTcpNoDelay(true);
    }

    void start() {
        Thread thread = new Thread(this::poll, "poller");
        thread.setDaemon(true);
        thread.start();
    }

    private void poll() {
        byte[] next = request("GET", "next", "");
        byte[] answer = request("POST", "bench/response", "{}");
        byte[] buffer = new byte[1 << 16];
        try {
            OutputStream out = socket.getOutputStream();
            InputStream in = socket.getInputStream();
            while (true) {
                // Each response comes in one piece: the API writes it in one.
                out.write(next);
                in.read(buffer);
                out.write(answer);
                in.read(buffer);
            }
        } catch (IOException e) {
            // closed
        }
    }

    private static byte[] request(String method, String path, String body) {
        return (method + " /2018-06-01/runtime/invocation/" + path + " HTTP/1.1\r\nContent-Length: " + body.length() + "\r\n\r\n" + body)
                .getBytes(StandardCharsets.US_ASCII);
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
