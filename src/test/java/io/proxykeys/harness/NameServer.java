package io.proxykeys.harness;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A name server (RFC 1035), which is silent until it is told what to answer. Needs the rights of an administrator, for its port.
 */
public final class NameServer implements AutoCloseable {

    /** Where it listens: an address of this machine alone. */
    public static final String ADDRESS = "127.53.53.53";

    private static final int PORT = 53;
    private static final int LONGEST_MESSAGE = 512;
    private static final int HEADER = 12;
    private static final short ANSWER_WITHOUT_ERROR = (short) 0x8180;
    private static final short TYPE_A = 1;
    private static final short CLASS_INTERNET = 1;
    private static final short NAME_OF_THE_QUESTION = (short) 0xC00C;

    private final DatagramSocket socket;
    private final AtomicInteger questions = new AtomicInteger();
    private volatile InetAddress address;

    public NameServer() throws IOException {
        socket = new DatagramSocket(new InetSocketAddress(ADDRESS, PORT));
        Thread thread = new Thread(this::serve, "name server");
        thread.setDaemon(true);
        thread.start();
    }

    /** From now on every name has this address, of four bytes. */
    public void answer(InetAddress known) {
        address = known;
    }

    /** How much it was asked so far. */
    public int questions() {
        return questions.get();
    }

    private void serve() {
        try {
            while (true) {
                DatagramPacket question = new DatagramPacket(new byte[LONGEST_MESSAGE], LONGEST_MESSAGE);
                socket.receive(question);
                questions.incrementAndGet();
                InetAddress known = address;
                if (known != null) {
                    byte[] answer = answer(question.getData(), known.getAddress());
                    socket.send(new DatagramPacket(answer, answer.length, question.getSocketAddress()));
                }
            }
        } catch (IOException e) {
            // closed
        }
    }

    private static byte[] answer(byte[] question, byte[] known) {
        int endOfName = HEADER;
        while (question[endOfName] != 0) {
            endOfName += question[endOfName] + 1;
        }
        short type = ByteBuffer.wrap(question).getShort(endOfName + 1);
        ByteBuffer answer = ByteBuffer.allocate(LONGEST_MESSAGE);
        short answers = (short) (type == TYPE_A ? 1 : 0);
        answer.put(question, 0, 2).putShort(ANSWER_WITHOUT_ERROR).putShort((short) 1).putShort(answers).putInt(0);
        answer.put(question, HEADER, endOfName + 5 - HEADER);
        if (answers == 1) {
            answer.putShort(NAME_OF_THE_QUESTION).putShort(TYPE_A).putShort(CLASS_INTERNET).putInt(0).putShort((short) known.length).put(
                    known);
        }
        return Arrays.copyOf(answer.array(), answer.position());
    }

    @Override
    public void close() {
        socket.close();
    }
}
