package io.proxykeys.database;

import io.proxykeys.config.Settings;
import java.util.function.ToIntFunction;

/** A limit of its own for each account: operations that share a bucket share its tokens. */
public enum Bucket {

    DELETE_ALL("delete-all", Settings::deleteAllPerMinute, Settings::deleteAllBurst),
    REMOVE("remove", Settings::removePerMinute, Settings::removeBurst),
    /** To suspend and to resume. */
    SUSPEND("suspend", Settings::suspendPerMinute, Settings::suspendBurst),
    CREATE("create", Settings::createPerMinute, Settings::createBurst),
    RECREATE("recreate", Settings::recreatePerMinute, Settings::recreateBurst),
    ROTATE("rotate", Settings::rotatePerMinute, Settings::rotateBurst),
    /** One for both: whoever changes a key looks it up, before or after. */
    LOOKUP_UPDATE("lookup-update", Settings::lookupUpdatePerMinute, Settings::lookupUpdateBurst);

    private final String code;
    private final ToIntFunction<Settings> perMinute;
    private final ToIntFunction<Settings> burst;

    Bucket(String code, ToIntFunction<Settings> perMinute, ToIntFunction<Settings> burst) {
        this.code = code;
        this.perMinute = perMinute;
        this.burst = burst;
    }

    /** As it stands in {@code rate_limit.bucket}, and the policy's name in {@code RateLimit-Policy}. */
    public String code() {
        return code;
    }

    /** How often an account may call its operations. */
    public RateLimit limit(Settings settings) {
        return new RateLimit(code, perMinute.applyAsInt(settings), burst.applyAsInt(settings));
    }
}
