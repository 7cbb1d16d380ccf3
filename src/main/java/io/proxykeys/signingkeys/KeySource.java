package io.proxykeys.signingkeys;

import io.smallrye.mutiny.Uni;
import java.time.Duration;

/** Where the keys that sign access tokens are published. */
public interface KeySource {

    /** How long an answer may take. */
    Duration TIMEOUT = Duration.ofSeconds(2);

    /** The key document ({@link KeySet#parse}) as it is now; fails within {@link #TIMEOUT} if it cannot be fetched. */
    Uni<String> document();
}
