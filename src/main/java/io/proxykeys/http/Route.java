package io.proxykeys.http;

import io.proxykeys.auth.Scope;
import java.util.Optional;

/**
 * Every operation of the API: method, exact path, and the scope it asks for, if it takes a token. The template has the same routes,
 * which a test compares.
 *
 * <p>All paths are static. A route is found by comparing strings, never by decoding or normalising one, so that a twisted
 * or extended path is not found and costs nothing.
 */
public enum Route {

    DELETE_ALL("DELETE", Route.PROXY, Scope.DELETE),
    LIST("GET", Route.PROXY, Scope.READ),
    PREVIEW("GET", Route.PROXY_PREVIEW, Scope.READ),
    REMOVE("POST", Route.PROXY_REMOVE, Scope.DELETE),
    TOGGLE("POST", Route.PROXY_TOGGLE, Scope.WRITE),
    RECEIPTS("GET", Route.PROXY_REVOCATIONS, Scope.READ),
    RECEIPT("GET", Route.PROXY_REVOCATION, Scope.READ),
    LOOKUP("POST", Route.PROXY_LOOKUP, Scope.READ),
    CREATE("POST", Route.PROXY_CREATE, Scope.CREATE),
    UPDATE("POST", Route.PROXY_UPDATE, Scope.CREATE),
    SUSPEND("POST", Route.PROXY_SUSPEND, Scope.WRITE),
    RESUME("POST", Route.PROXY_RESUME, Scope.WRITE),
    /** Who has both scopes could delete the key and create it anew. */
    ROTATE("POST", Route.PROXY_ROTATE, Scope.CREATE + " " + Scope.DELETE),
    RECREATE("POST", Route.PROXY_RECREATE, Scope.CREATE),
    /** The path of the API family's newest generation for {@link #DELETE_ALL}, which it is in everything. */
    DELETE_ALL_ALIAS("DELETE", Route.PROXY_DELETE, Scope.DELETE),
    /** The one without a token: GitHub signs it. Served only where the location of GitHub's keys is set. */
    GITHUB_REPORT("POST", Route.PROXY_GITHUB_REPORT, null);

    /** The collection of an account's proxy keys. */
    public static final String PROXY = "/v1/auth/proxy";
    public static final String PROXY_PREVIEW = "/v1/auth/proxy/preview";
    public static final String PROXY_REMOVE = "/v1/auth/proxy/remove";
    public static final String PROXY_TOGGLE = "/v1/auth/proxy/toggle";
    public static final String PROXY_REVOCATIONS = "/v1/auth/proxy/revocations";
    public static final String PROXY_REVOCATION = "/v1/auth/proxy/revocation";
    public static final String PROXY_LOOKUP = "/v1/auth/proxy/lookup";
    public static final String PROXY_CREATE = "/v1/auth/proxy/create";
    public static final String PROXY_UPDATE = "/v1/auth/proxy/update";
    public static final String PROXY_SUSPEND = "/v1/auth/proxy/suspend";
    public static final String PROXY_RESUME = "/v1/auth/proxy/resume";
    public static final String PROXY_ROTATE = "/v1/auth/proxy/rotate";
    public static final String PROXY_RECREATE = "/v1/auth/proxy/recreate";
    public static final String PROXY_DELETE = "/v1/auth/proxy/delete";
    public static final String PROXY_GITHUB_REPORT = "/v1/auth/proxy/leaks/github";

    private final String method;
    private final String path;
    private final String scope;

    Route(String method, String path, String scope) {
        this.method = method;
        this.path = path;
        this.scope = scope;
    }

    /**
     * Finds the route of a request.
     *
     * @param method as delivered, in capital letters for a known one
     * @param rawPath as delivered: {@code rawPath} of the gateway's event, undecoded
     * @return empty unless both are exactly those of a route
     */
    public static Optional<Route> match(String method, String rawPath) {
        for (Route route : values()) {
            if (route.path.equals(rawPath) && route.method.equals(method)) {
                return Optional.of(route);
            }
        }
        return Optional.empty();
    }

    public String method() {
        return method;
    }

    public String path() {
        return path;
    }

    /** Whether a request may change something: it does, unless reading is all that its scope allows. */
    public boolean changesSomething() {
        return !Scope.READ.equals(scope);
    }

    /** Whether it deletes as many keys as the account has. */
    public boolean deletesAll() {
        return this == DELETE_ALL || this == DELETE_ALL_ALIAS;
    }

    /** The scope a token needs for this route, or several with spaces between them; empty: it takes no token. */
    public Optional<String> scope() {
        return Optional.ofNullable(scope);
    }
}
