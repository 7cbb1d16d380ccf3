package io.proxykeys.harness;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * In front of a server that lets everybody in, decides who is let in (PostgreSQL manual, "Message Flow", start-up): by the parameters
 * that a client asks for, as Amazon RDS Proxy does, or by a password that it has the client send in clear, as RDS does for IAM.
 */
public final class StartupFront implements AutoCloseable {

    private static final int AUTHENTICATION_CLEARTEXT = 3;

    private final LoopbackServer listener;
    private final int serverPort;
    private final Gate gate;
    private final List<String> passwords = new CopyOnWriteArrayList<>();

    /** What a server says instead of letting a client in. */
    public record Refusal(String state, String message) {
    }

    /** Decides about a client. */
    @FunctionalInterface
    public interface Gate {
        /** Empty: the client is let in. There is a password if {@link #asksForPassword}. */
        Optional<Refusal> refusal(Map<String, String> parameters, Optional<String> password);

        default boolean asksForPassword() {
            return false;
        }
    }

    public StartupFront(int serverPort, Gate gate) {
        this.serverPort = serverPort;
        this.gate = gate;
        listener = new LoopbackServer(this::serve);
    }

    public int port() {
        return listener.port();
    }

    /** The passwords that were sent, in their order. */
    public List<String> passwords() {
        return new ArrayList<>(passwords);
    }

    @Override
    public void close() throws IOException {
        listener.close();
    }

    private void serve(Socket client) throws IOException {
        DataInputStream in = new DataInputStream(client.getInputStream());
        DataOutputStream out = new DataOutputStream(client.getOutputStream());
        byte[] startup = in.readNBytes(in.readInt() - 4);
        Optional<String> password = gate.asksForPassword() ? Optional.of(askForPassword(in, out)) : Optional.empty();
        Optional<Refusal> refusal = gate.refusal(parameters(startup), password);
        if (refusal.isPresent()) {
            refuse(out, refusal.get());
            return;
        }
        try (Socket server = new Socket(InetAddress.getLoopbackAddress(), serverPort)) {
            DataOutputStream forward = new DataOutputStream(server.getOutputStream());
            forward.writeInt(startup.length + 4);
            forward.write(startup);
            LoopbackServer.connect(client, server);
        }
    }

    private String askForPassword(DataInputStream in, DataOutputStream out) throws IOException {
        out.writeByte('R');
        out.writeInt(8);
        out.writeInt(AUTHENTICATION_CLEARTEXT);
        out.flush();
        in.readByte();
        byte[] sent = in.readNBytes(in.readInt() - 4);
        String password = new String(sent, 0, sent.length - 1, StandardCharsets.UTF_8);
        passwords.add(password);
        return password;
    }

    /** The version, then names and values, each ended by a zero. */
    private static Map<String, String> parameters(byte[] startup) {
        String[] texts = new String(startup, 4, startup.length - 4, StandardCharsets.UTF_8).split("\0", -1);
        Map<String, String> parameters = new LinkedHashMap<>();
        for (int i = 0; i + 1 < texts.length && !texts[i].isEmpty(); i += 2) {
            parameters.put(texts[i], texts[i + 1]);
        }
        return parameters;
    }

    private static void refuse(DataOutputStream out, Refusal refusal) throws IOException {
        byte[] fields = ("SFATAL\0VFATAL\0C" + refusal.state + "\0M" + refusal.message + "\0\0").getBytes(StandardCharsets.UTF_8);
        out.writeByte('E');
        out.writeInt(fields.length + 4);
        out.write(fields);
        out.flush();
    }
}
