package io.proxykeys.auth;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.eclipse.microprofile.jwt.JsonWebToken;

/**
 * The scopes of a token, and the claim that they stand in. A string holds several, separated by spaces
 * (<a href="https://www.rfc-editor.org/rfc/rfc9068#section-2.2.3">RFC 9068, section 2.2.3</a>); in a list each string is one.
 *
 * @param claim for the log
 * @param values empty if there is no such claim
 */
record GrantedScopes(String claim, Set<String> values) {

    GrantedScopes {
        values = Set.copyOf(values);
    }

    /** The scopes of {@code scope}, or of {@code scp} if there is no {@code scope}; never of both. */
    static GrantedScopes usual(JsonWebToken token) {
        Object scope = token.getClaim("scope");
        Object scp = token.getClaim("scp");
        return scope == null && scp != null ? new GrantedScopes("scp", values(scp).collect(Collectors.toSet()))
                : new GrantedScopes("scope", values(scope).collect(Collectors.toSet()));
    }

    /**
     * The scopes of a claim of the operator's choice, which may be an object, too: then its member names are the scopes.
     *
     * @param organisation counts only members that are granted by this organisation, if their values are objects: its id has to be
     *        among the names of such a value. Zitadel names the granting organisation in this way. {@code null} counts every member
     */
    static GrantedScopes at(ClaimPath path, JsonWebToken token, String organisation) {
        Object value = path.in(token);
        Stream<String> scopes = value instanceof Map<?, ?> members ? names(members, organisation) : values(value);
        return new GrantedScopes(path.text(), scopes.collect(Collectors.toSet()));
    }

    private static Stream<String> names(Map<?, ?> members, String organisation) {
        return members.entrySet().stream()
                .filter(member -> organisation == null || !(member.getValue() instanceof Map<?, ?> granters)
                        || granters.containsKey(organisation))
                .map(member -> (String) member.getKey());
    }

    private static Stream<String> values(Object claim) {
        if (claim instanceof String text) {
            return Arrays.stream(text.split(" ")).filter(scope -> !scope.isEmpty());
        }
        return claim instanceof List<?> list ? list.stream().filter(String.class::isInstance).map(String.class::cast) : Stream.empty();
    }

    /** For the log, which has lines of a limited length: at most 1,000 characters, none of them a control character. */
    @Override
    public String toString() {
        String found = values.isEmpty() ? "nothing" : values.stream().sorted().collect(Collectors.joining(" "));
        return claim + " has " + found.substring(0, Math.min(found.length(), 1000)).replaceAll("\\p{Cntrl}", "?");
    }
}
