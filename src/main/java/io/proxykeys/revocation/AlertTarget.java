package io.proxykeys.revocation;

import io.proxykeys.key.KeyReference;
import java.util.Optional;

/** What an alert names: exactly one of the two, never guessed. */
public sealed interface AlertTarget {

    /** All keys of an account that were made until something was detected. */
    record Account(String id) implements AlertTarget {
    }

    /**
     * One key, whenever it was made.
     *
     * @param key by its identifier, or by the hash of its secret
     * @param account whose key it has to be, and where no other owner is found, whose other keys go; empty: not stated
     * @param wholeAccount whether the other keys of its owner go too that were made until something was detected
     */
    record Key(KeyReference key, Optional<String> account, boolean wholeAccount) implements AlertTarget {
    }
}
