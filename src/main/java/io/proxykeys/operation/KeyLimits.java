package io.proxykeys.operation;

import io.proxykeys.config.Settings;
import io.proxykeys.problem.ProblemException;
import io.proxykeys.revocation.RateLimit;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Duration;

/** How often an account may call the operations that create, look up, change and recreate keys. */
@Singleton
public class KeyLimits {

    private final RateLimit create;
    private final RateLimit recreate;
    private final RateLimit lookupAndUpdate;

    @Inject
    KeyLimits(Settings settings) {
        create = new RateLimit("create", settings.createPerMinute(), settings.createBurst());
        recreate = new RateLimit("recreate", settings.recreatePerMinute(), settings.recreateBurst());
        lookupAndUpdate = new RateLimit("lookup-update", settings.lookupUpdatePerMinute(), settings.lookupUpdateBurst());
    }

    public RateLimit create() {
        return create;
    }

    public RateLimit recreate() {
        return recreate;
    }

    /** One for both: whoever changes a key looks it up, before or after. */
    public RateLimit lookupAndUpdate() {
        return lookupAndUpdate;
    }

    /** 429: this limit is used up for so many seconds. */
    public static ProblemException exceeded(RateLimit limit, int seconds) {
        return ProblemException.tooManyRequests(limit.bucket(), limit.burst(), limit.perMinute(), Duration.ofSeconds(seconds));
    }

    /** 409: new keys are blocked for so many seconds. */
    public static ProblemException blocked(int seconds) {
        return ProblemException.newKeysBlocked(Duration.ofSeconds(seconds));
    }
}
