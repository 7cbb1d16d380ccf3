package io.proxykeys.auth;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.jwt.JsonWebToken;

/**
 * Where a value stands among the claims of a token: a claim of exactly this name, or else the members of objects, separated by
 * {@code /}. Quotation marks around a name that has a {@code /} keep it whole. So it is with {@code smallrye.jwt.path.groups}
 * (<a href="https://quarkus.io/guides/security-jwt">Quarkus, Using JWT RBAC</a>).
 *
 * @param text as it was set
 * @param names the names on the way, without quotation marks; one or more
 */
public record ClaimPath(String text, List<String> names) {

    private static final String SLASH_OUTSIDE_QUOTES = "/(?=(?:[^\"]*\"[^\"]*\")*[^\"]*$)";

    public ClaimPath {
        names = List.copyOf(names);
    }

    /**
     * Reads a setting.
     *
     * @throws IllegalArgumentException if it names nothing, or a quotation mark is left open
     */
    public static ClaimPath parse(String text) {
        String stripped = text.strip();
        if (stripped.isEmpty() || stripped.chars().anyMatch(Character::isISOControl)
                || stripped.chars().filter(c -> c == '"').count() % 2 != 0) {
            throw new IllegalArgumentException("must be the name of a claim, or a path such as realm_access/roles");
        }
        return new ClaimPath(stripped, Arrays.stream(stripped.split(SLASH_OUTSIDE_QUOTES, -1))
                .map(name -> name.replace("\"", "")).toList());
    }

    /** The value in a token, as it is in JSON; {@code null} if there is none. */
    Object in(JsonWebToken token) {
        Object exact = token.getClaim(text);
        if (exact != null) {
            return exact;
        }
        Object here = token.getClaim(names.get(0));
        for (String name : names.subList(1, names.size())) {
            here = here instanceof Map<?, ?> members ? members.get(name) : null;
        }
        return here;
    }

    /** For the log: what a value is that is not the text it should be, and nothing of it. */
    static String describe(Object value) {
        if (value == null) {
            return "is absent";
        }
        if (value instanceof String) {
            return "is empty, longer than 255 characters, or has control characters";
        }
        return "is " + (value instanceof Number ? "a number" : value instanceof Boolean ? "true or false"
                : value instanceof List<?> ? "a list" : "an object");
    }

    @Override
    public String toString() {
        return text;
    }
}
