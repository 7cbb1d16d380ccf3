package io.proxykeys.revocation;

import io.proxykeys.database.RateLimit;
import java.time.Duration;
import java.util.function.Function;

/** What became of a {@link RevocationRequest} that the database could decide on. */
public sealed interface RevocationResult {

    /** One of the three functions is applied: whoever reads a result has to say something to each kind. */
    <T> T fold(Function<Done, T> done, Function<Limited, T> limited, Function<Refused, T> refused);

    /** It was carried out, now or by an earlier request that this one repeats; also if there was no key to delete. */
    record Done(Receipt receipt) implements RevocationResult {

        @Override
        public <T> T fold(Function<Done, T> done, Function<Limited, T> limited, Function<Refused, T> refused) {
            return done.apply(this);
        }
    }

    /**
     * The account's limit is used up; nothing was changed.
     *
     * @param retryAfter how long until the next call is let through
     */
    record Limited(RateLimit limit, Duration retryAfter) implements RevocationResult {

        @Override
        public <T> T fold(Function<Done, T> done, Function<Limited, T> limited, Function<Refused, T> refused) {
            return limited.apply(this);
        }
    }

    /** It cannot be carried out; no key was changed. */
    enum Refused implements RevocationResult {

        /** The dedupe key belongs to another operation. */
        DEDUPE_KEY_REUSED,
        /** The key is another account's. The call is counted against the limit. */
        FOREIGN_KEY,
        /** There is no such key. The call is counted against the limit: guessing is not free. */
        UNKNOWN_KEY;

        @Override
        public <T> T fold(Function<Done, T> done, Function<Limited, T> limited, Function<Refused, T> refused) {
            return refused.apply(this);
        }
    }
}
