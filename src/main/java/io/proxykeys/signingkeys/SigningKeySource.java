package io.proxykeys.signingkeys;

import io.smallrye.mutiny.Uni;
import java.time.Duration;

/** Where the keys that sign access tokens are published. */
public interface SigningKeySource {

    /** How long an answer may take. */
    Duration TIMEOUT = Duration.ofSeconds(2);

    /** The key document ({@link SigningKeySet#parse}) as it is now; fails within {@link #TIMEOUT} if it cannot be fetched. */
    Uni<String> document();
}
