package io.proxykeys.lambda;

import io.quarkus.amazon.lambda.runtime.AbstractLambdaPollLoop;
import io.quarkus.runtime.ShutdownDelayInitiatedEvent;
import io.quarkus.runtime.ShutdownEvent;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * Ends an instance without a word. Lambda sends SIGTERM where an extension is registered (AWS, "Understanding the Lambda execution
 * environment lifecycle", shutdown phase), and ends the process up to 2 s later.
 *
 * <p>Quarkus then closes the connection that the polling thread waits on, and interrupts it. So an event that is being handled is
 * finished first; and what the polling thread logs as an error afterwards is how it always ends.
 */
@Singleton
class EndOfInstance {

    /** To send an answer that is ready. */
    private static final int SENDING_MILLIS = 1_000;

    private static final Logger POLL_LOOP = Logger.getLogger(AbstractLambdaPollLoop.class.getName());

    /** Read by the threads that handle events: one, but in tests. */
    private final ReadWriteLock handling = new ReentrantReadWriteLock();
    private volatile Thread handler;
    private volatile Thread sender;

    /** Called by a thread that begins to handle an event, which the end waits for. */
    void begin() {
        handling.readLock().lock();
        handler = Thread.currentThread();
    }

    /** Called by the same thread when the answer is there. */
    void answered() {
        handling.readLock().unlock();
    }

    /** Before anything is stopped ({@code quarkus.shutdown.delay-enabled}, guide "Application initialization and termination"). */
    void waitForTheEvent(@Observes ShutdownDelayInitiatedEvent end) {
        if (!handling.writeLock().tryLock()) {
            sender = handler;
            handling.writeLock().lock();
        }
        handling.writeLock().unlock();
        POLL_LOOP.setLevel(Level.OFF);
    }

    /** The polling thread was told to end, which it does when it has sent its answer. */
    void waitForTheAnswer(@Observes ShutdownEvent end) throws InterruptedException {
        if (sender != null) {
            sender.join(SENDING_MILLIS);
        }
    }
}
