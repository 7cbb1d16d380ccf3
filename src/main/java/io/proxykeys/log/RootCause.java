package io.proxykeys.log;

/** What is at the bottom of a failure: of a refused certificate, say, only that says what is wrong with it. */
public final class RootCause {

    /** Causes can go round in a circle. */
    private static final int MOST_CAUSES = 50;

    private RootCause() {
    }

    /** The last of the causes; the failure itself if it has none. */
    public static Throwable of(Throwable failure) {
        Throwable root = failure;
        for (int depth = 0; root.getCause() != null && depth < MOST_CAUSES; depth++) {
            root = root.getCause();
        }
        return root;
    }

    /** The message of the last of the causes; its type, if it has no message. */
    public static String message(Throwable failure) {
        Throwable root = of(failure);
        return root.getMessage() == null ? root.toString() : root.getMessage();
    }
}
