package io.proxykeys.auth;

/**
 * What a token may be allowed to do, as it stands in its {@code scope} claim
 * (<a href="https://www.rfc-editor.org/rfc/rfc9068#section-2.2.3">RFC 9068, section 2.2.3</a>).
 */
public final class Scope {

    /** List and look up proxy keys, preview a deletion, read receipts. */
    public static final String READ = "proxy_keys:read";

    /** Enable and disable proxy keys. */
    public static final String WRITE = "proxy_keys:write";

    /** Delete proxy keys, one or all. */
    public static final String DELETE = "proxy_keys:delete";

    /** Create and change proxy keys, and recreate deleted ones: what moves credits into a key. */
    public static final String CREATE = "proxy_keys:create";

    private Scope() {
    }

    /**
     * Checks what an issuer puts before the name of a scope. It becomes part of a challenge
     * (<a href="https://www.rfc-editor.org/rfc/rfc6749#section-3.3">RFC 6749, section 3.3</a>).
     *
     * @throws IllegalArgumentException if it has a character that a scope cannot have
     */
    public static void requirePrefix(String prefix) {
        if (!prefix.strip().chars().allMatch(c -> c > ' ' && c < 0x7F && c != '"' && c != '\\')) {
            throw new IllegalArgumentException("must be ASCII characters without spaces, quotation marks and backslashes");
        }
    }
}
