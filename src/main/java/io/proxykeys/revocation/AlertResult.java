package io.proxykeys.revocation;

/** What became of an {@link AlertRequest} that the database could decide on. */
public sealed interface AlertResult {

    /**
     * It was carried out, now or by an earlier delivery of the same alert; also if there was no key to delete.
     *
     * @param account whose keys they were
     * @param operation {@code all}, {@code one}, or {@code old_secret}: the overlap of two secrets was ended, and no key deleted
     */
    record Done(String account, String operation, Receipt receipt) implements AlertResult {
    }

    /**
     * The same for an alert that suspends.
     *
     * @param account whose keys they are
     * @param operation {@code all} or {@code one}
     */
    record Suspended(String account, String operation, Suspension suspension) implements AlertResult {
    }

    /**
     * The key that it names does not live. No key was changed; the secret, if it was named by its hash, can never be created.
     *
     * @param wasKey whether it is known to have been a key
     */
    record UnknownKey(boolean wasKey) implements AlertResult {
    }

    /** It cannot be carried out as it is; no key was changed. */
    enum Impossible implements AlertResult {

        /** The key is another account's than the alert states. */
        FOREIGN_KEY,
        /** The key does not live, its owner's other keys are to go, and nobody knows who that is. */
        UNKNOWN_OWNER
    }
}
