package io.proxykeys.bench;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * The Lambda Runtime API (<a href="https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html">AWS</a>) on bare sockets,
 * so that it adds little to what it measures. Serves one function, one event at a time.
 */
final class RuntimeApi implements AutoCloseable {

    private static final byte[] ACCEPTED = "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

    private final ServerSocket listener;
    private final BlockingQueue<byte[]> events = new LinkedBlockingQueue<>();
    private final BlockingQueue<Answer> answers = new LinkedBlockingQueue<>();
    private final CountDownLatch polled = new CountDownLatch(1);
    private volatile long firstPoll;

    /** @param at {@link System#nanoTime} when the last byte of it had come */
    record Answer(boolean functionError, String body, long at) {
    }

    RuntimeApi() throws IOException {
        listener = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
        start(this::accept);
    }

    String address() {
        return "127.0.0.1:" + listener.getLocalPort();
    }

    /** When the function asked for its first event. */
    long awaitFirstPoll() throws InterruptedException {
        if (!polled.await(20, TimeUnit.SECONDS)) {
            throw new AssertionError("The function did not ask for an event");
        }
        return firstPoll;
    }

    /** Hands out an event and waits for what becomes of it. */
    Answer invoke(byte[] event) throws InterruptedException {
        events.add(event);
        Answer answer = answers.poll(60, TimeUnit.SECONDS);
        if (answer == null) {
            throw new AssertionError("The function did not answer");
        }
        return answer;
    }

    private void accept() {
        try {
            while (true) {
                Socket socket = listener.accept();
                socket.setTcpNoDelay(true);
                start(() -> serve(socket));
            }
        } catch (IOException e) {
            // closed
        }
    }

    private void serve(Socket socket) {
        try (socket) {
            InputStream in = new BufferedInputStream(socket.getInputStream(), 1 << 16);
            OutputStream out = socket.getOutputStream();
            for (String request = line(in); request != null; request = line(in)) {
                int length = 0;
                boolean chunked = false;
                for (String header = line(in); !header.isEmpty(); header = line(in)) {
                    String lower = header.toLowerCase(Locale.ROOT);
                    length = lower.startsWith("content-length:") ? Integer.parseInt(header.substring(15).trim()) : length;
                    chunked |= lower.startsWith("transfer-encoding:") && lower.contains("chunked");
                }
                byte[] body = chunked ? chunks(in) : in.readNBytes(length);
                if (request.startsWith("GET ")) {
                    handOut(out);
                } else {
                    long now = System.nanoTime();
                    out.write(ACCEPTED);
                    answers.add(new Answer(request.contains("/error "), new String(body, StandardCharsets.UTF_8), now));
                }
            }
        } catch (IOException | InterruptedException e) {
            // the function has ended
        }
    }

    private void handOut(OutputStream out) throws IOException, InterruptedException {
        if (firstPoll == 0) {
            firstPoll = System.nanoTime();
            polled.countDown();
        }
        byte[] event = events.take();
        byte[] head = ("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nLambda-Runtime-Aws-Request-Id: bench\r\n"
                + "Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:eu-central-1:123456789012:function:proxy-keys\r\n"
                + "Lambda-Runtime-Deadline-Ms: " + (System.currentTimeMillis() + 29_000)
                + "\r\nContent-Length: " + event.length + "\r\n\r\n").getBytes(StandardCharsets.US_ASCII);
        byte[] response = new byte[head.length + event.length];
        System.arraycopy(head, 0, response, 0, head.length);
        System.arraycopy(event, 0, response, head.length, event.length);
        out.write(response);
    }

    private static byte[] chunks(InputStream in) throws IOException {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        for (int size = Integer.parseInt(line(in), 16); size > 0; size = Integer.parseInt(line(in), 16)) {
            body.write(in.readNBytes(size));
            line(in);
        }
        line(in);
        return body.toByteArray();
    }

    /** Up to CR LF; {@code null}: the connection has ended. */
    private static String line(InputStream in) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int c = in.read(); c != '\n'; c = in.read()) {
            if (c < 0) {
                return null;
            }
            if (c != '\r') {
                line.append((char) c);
            }
        }
        return line.toString();
    }

    private static void start(Runnable work) {
        Thread thread = new Thread(work, "runtime api");
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public void close() throws IOException {
        listener.close();
    }
}
