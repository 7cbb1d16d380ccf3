package io.proxykeys.harness;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntSupplier;
import java.util.stream.Stream;

/**
 * Sits between the function and PostgreSQL, counts round trips, and breaks the connection when told to. It works on the
 * protocol (PostgreSQL manual, "Message Formats"), so the same for the function on the JVM and the native one.
 *
 * <p>A statement ends with a simple query ({@code Q}) or {@code Sync}, and its answer with {@code ReadyForQuery}. What is sent
 * without waiting for the answer before is counted like the rest.
 */
public final class WireTap {

    /** What to do with the connection when a message comes by. */
    public enum Fault {
        NONE,
        /** Every connection is closed as soon as it is opened. */
        REFUSE,
        /** Connections are accepted, and nothing is ever answered, nor on any connection that is used. */
        SILENCE,
        /** BEGIN reaches the server garbled and is refused; once, then as before. The connection stays open. */
        REFUSE_BEGIN,
        /** COMMIT reaches the server, its answer is lost with the connection; once, then as before. */
        LOSE_COMMIT_ANSWER,
        /** COMMIT reaches the server, its answer is lost with the connection, and no connection can be opened after that. */
        LOSE_COMMIT_ANSWER_AND_REFUSE,
        /** The connection is lost in place of COMMIT, and no connection can be opened after that. */
        LOSE_COMMIT_AND_REFUSE
    }

    private static final List<Path> TCP_TABLES = List.of(Path.of("/proc/net/tcp"), Path.of("/proc/net/tcp6"));

    private final ServerSocket listener;
    private volatile int serverPort;
    private final AtomicInteger roundTrips = new AtomicInteger();
    private final AtomicInteger connections = new AtomicInteger();
    private final AtomicInteger answers = new AtomicInteger();
    private final List<String> statements = new CopyOnWriteArrayList<>();
    private final Set<Link> open = ConcurrentHashMap.newKeySet();
    private volatile Fault fault = Fault.NONE;
    private volatile Interception interception;
    private volatile int answeredFrom;

    /** Something to do at a certain moment of a conversation. */
    private record Interception(int roundTrip, boolean answered, Runnable action) {
    }

    public WireTap(int serverPort) {
        this(serverPort, InetAddress.getLoopbackAddress(), 0);
    }

    /** @param port of this address to listen on; 0: any */
    public WireTap(int serverPort, InetAddress address, int port) {
        this.serverPort = serverPort;
        try {
            listener = new ServerSocket(port, 50, address);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        start("tap", this::accept);
    }

    public int port() {
        return listener.getLocalPort();
    }

    /** New connections go to this server. */
    public void connectTo(int newServerPort) {
        serverPort = newServerPort;
    }

    /** From now on, until told otherwise. Connections that are open stay open. */
    public void fault(Fault fault) {
        this.fault = fault;
    }

    /** Closes every connection that is not silenced, as a server does that restarts. */
    public void closeConnections() {
        open.stream().filter(link -> !link.dead).forEach(Link::close);
    }

    /** Resets every connection that is not silenced, as a host does that has forgotten it. */
    public void resetConnections() {
        open.stream().filter(link -> !link.dead).forEach(Link::reset);
    }

    /** Drops whatever is sent on the connections that are open now, as a network does that has forgotten them. New ones work. */
    public void silenceConnections() {
        open.forEach(link -> link.dead = true);
    }

    /** Once, before the n-th round trip from now reaches the server; the message is passed on afterwards. */
    public void beforeRoundTrip(int n, Runnable action) {
        interception = new Interception(roundTrips.get() + n, false, action);
    }

    /** Once, when the server has answered the n-th round trip from now; the answer is passed on afterwards. */
    public void afterRoundTrip(int n, Runnable action) {
        interception = new Interception(answers.get() + n, true, action);
    }

    /** Withholds every answer until the n-th statement from now has been sent: who waits for one before that waits in vain. */
    public void answerNothingBefore(int n) {
        answeredFrom = roundTrips.get() + n;
    }

    /** Waits until so many connections were opened since the reset, or more: one that cancels a statement comes just before another. */
    public void awaitConnections(int count) throws InterruptedException {
        await(count, () -> Math.min(count, connections()));
    }

    /** Waits until processes hold so many connections to it open, also half closed ones; not where the kernel does not list them. */
    public void awaitHeldOpen(int count) throws InterruptedException {
        if (TCP_TABLES.stream().anyMatch(Files::exists)) {
            await(count, this::heldOpen);
        }
    }

    /** There is no event to wait for. */
    private static void await(int count, IntSupplier now) throws InterruptedException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (now.getAsInt() != count) {
            if (System.nanoTime() > end) {
                throw new AssertionError("there are " + now.getAsInt() + " connections in place of " + count);
            }
            Thread.sleep(20);
        }
    }

    /** By proc(5): the third column is the remote address, the tenth the inode, 0 where no process has it open. */
    private int heldOpen() {
        String remotePort = ":%04X".formatted(port());
        return (int) TCP_TABLES.stream().filter(Files::exists).flatMap(WireTap::lines).map(line -> line.strip().split("\\s+"))
                .filter(line -> line[2].endsWith(remotePort) && !line[9].equals("0")).count();
    }

    private static Stream<String> lines(Path file) {
        try {
            return Files.readAllLines(file).stream().skip(1);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Counts anew, and nothing is broken; connections that were silenced are closed. */
    public void reset() {
        fault = Fault.NONE;
        open.stream().filter(link -> link.dead).forEach(Link::end);
        answeredFrom = 0;
        interception = null;
        roundTrips.set(0);
        answers.set(0);
        connections.set(0);
        statements.clear();
    }

    public int roundTrips() {
        return roundTrips.get();
    }

    /** How many connections were opened since the reset. */
    public int connections() {
        return connections.get();
    }

    /** The text of simple queries and of statements prepared since the reset. */
    public List<String> statements() {
        return List.copyOf(statements);
    }

    private void accept() {
        while (true) {
            try {
                Socket client = listener.accept();
                connections.incrementAndGet();
                if (fault == Fault.REFUSE) {
                    client.close();
                } else {
                    start("tap connection", () -> connect(client));
                }
            } catch (IOException e) {
                return;
            }
        }
    }

    private void connect(Socket client) {
        try {
            Link link = new Link(client, new Socket(InetAddress.getLoopbackAddress(), serverPort));
            open.add(link);
            start("tap answers", link::copyAnswers);
            link.copyQuestions();
        } catch (IOException e) {
            close(client);
        }
    }

    private void intercept(boolean answered) {
        Interception now = interception;
        if (now != null && now.answered == answered && now.roundTrip == (answered ? answers : roundTrips).get()) {
            interception = null;
            now.action.run();
        }
    }

    /** A connection of the client, and the one to the server that belongs to it. */
    private final class Link {

        private final Socket client;
        private final Socket server;
        private final ByteArrayOutputStream statement = new ByteArrayOutputStream();
        /** A network that has forgotten a connection tells neither side its end, nor the end of one direction. */
        private volatile boolean dead;

        private Link(Socket client, Socket server) throws IOException {
            this.client = client;
            this.server = server;
            client.setTcpNoDelay(true);
            server.setTcpNoDelay(true);
        }

        private void copyQuestions() {
            try {
                DataInputStream in = new DataInputStream(client.getInputStream());
                OutputStream out = server.getOutputStream();
                forward(out, null, in);
                while (forward(out, in.readByte(), in)) {
                    // until the connection ends
                }
            } catch (IOException e) {
                // closed by one side
            }
            if (!dead) {
                end();
            }
        }

        /** Passes on one message, those of one statement together; the first one of a connection has no type. */
        private boolean forward(OutputStream out, Byte type, DataInputStream in) throws IOException {
            int length = in.readInt();
            byte[] body = in.readNBytes(length - 4);
            boolean commit = asks(type, body, "COMMIT");
            if (type != null) {
                count(type, body);
            }
            dead |= fault == Fault.SILENCE;
            if (dead) {
                return true;
            }
            if (fault == Fault.REFUSE_BEGIN && asks(type, body, "BEGIN ISOLATION LEVEL READ COMMITTED")) {
                fault = Fault.NONE;
                body[0] = '?';
            }
            if (commit && fault == Fault.LOSE_COMMIT_AND_REFUSE) {
                fault = Fault.REFUSE;
                return false;
            }
            if (type != null) {
                statement.write(type);
            }
            statement.write(ByteBuffer.allocate(Integer.BYTES).putInt(length).array());
            statement.write(body);
            // Parse, Bind, Describe and Execute, before their Sync.
            if (type == null || "PBDE".indexOf(type) < 0) {
                statement.writeTo(out);
                statement.reset();
                out.flush();
            }
            return true;
        }

        private void copyAnswers() {
            try {
                DataInputStream in = new DataInputStream(new BufferedInputStream(server.getInputStream()));
                OutputStream out = new BufferedOutputStream(client.getOutputStream());
                boolean started = false;
                while (true) {
                    byte type = in.readByte();
                    int length = in.readInt();
                    byte[] body = in.readNBytes(length - 4);
                    if (type == 'Z' && started) {
                        answers.incrementAndGet();
                        intercept(true);
                    }
                    started |= type == 'Z';
                    awaitStatements();
                    if (type == 'C' && loses(text(body, 0))) {
                        break;
                    }
                    if (!dead) {
                        out.write(ByteBuffer.allocate(length + 1).put(type).putInt(length).put(body).array());
                        if (in.available() == 0) {
                            out.flush();
                        }
                    }
                }
            } catch (IOException e) {
                // closed by one side
            }
            if (!dead) {
                close();
            }
        }

        private void close() {
            WireTap.close(client);
        }

        private void end() {
            close();
            WireTap.close(server);
            open.remove(this);
        }

        private void reset() {
            try {
                client.setSoLinger(true, 0);
            } catch (IOException e) {
                // it is closed
            }
            close();
        }
    }

    private void count(byte type, byte[] body) {
        if (type == 'Q') {
            statements.add(text(body, 0));
        } else if (type == 'P') {
            statements.add(text(body, text(body, 0).length() + 1));
        }
        if (type == 'Q' || type == 'S') {
            synchronized (roundTrips) {
                roundTrips.incrementAndGet();
                roundTrips.notifyAll();
            }
            intercept(false);
        }
    }

    private void awaitStatements() throws InterruptedIOException {
        synchronized (roundTrips) {
            while (roundTrips.get() < answeredFrom) {
                try {
                    roundTrips.wait();
                } catch (InterruptedException e) {
                    throw new InterruptedIOException();
                }
            }
        }
    }

    /** The server says COMMIT when it has committed. */
    private boolean loses(String completed) {
        Fault now = fault;
        if (!completed.equals("COMMIT") || (now != Fault.LOSE_COMMIT_ANSWER && now != Fault.LOSE_COMMIT_ANSWER_AND_REFUSE)) {
            return false;
        }
        fault = now == Fault.LOSE_COMMIT_ANSWER ? Fault.NONE : Fault.REFUSE;
        return true;
    }

    /** Whether a message is this simple query. */
    private static boolean asks(Byte type, byte[] body, String statement) {
        return type != null && type == 'Q' && text(body, 0).equalsIgnoreCase(statement);
    }

    private static String text(byte[] body, int from) {
        int end = from;
        while (end < body.length && body[end] != 0) {
            end++;
        }
        return new String(body, from, end - from, StandardCharsets.UTF_8);
    }

    private static void start(String name, Runnable work) {
        Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        thread.start();
    }

    private static void close(Socket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            // it is closed
        }
    }
}
