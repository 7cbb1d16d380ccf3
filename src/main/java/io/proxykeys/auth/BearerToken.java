package io.proxykeys.auth;

import java.util.List;

/** Finds the access token in a request (<a href="https://www.rfc-editor.org/rfc/rfc6750#section-2.1">RFC 6750, section 2.1</a>). */
final class BearerToken {

    /**
     * How long the header may be. API Gateway lets no more through
     * (<a href="https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html">AWS</a>: request line and
     * header values together).
     */
    static final int MAX_HEADER = 10_240;

    private static final String SCHEME = "bearer ";

    private BearerToken() {
    }

    /**
     * The token, which has the form of a signed JWT and is not verified.
     *
     * @param authorization every {@code Authorization} value of the request, as delivered
     * @throws NoToken if the first is not one of this scheme
     * @throws InvalidToken if it cannot be a JWT
     */
    static String of(List<String> authorization) {
        if (authorization.isEmpty() || !authorization.get(0).regionMatches(true, 0, SCHEME, 0, SCHEME.length())) {
            throw new NoToken(!authorization.isEmpty() && !authorization.get(0).isBlank()
                    && !authorization.get(0).strip().equalsIgnoreCase(SCHEME.strip()));
        }
        String header = authorization.get(0);
        String token = withoutBlanks(header, SCHEME.length());
        if (token.isEmpty()) {
            throw new NoToken(false);
        }
        // Checked here, because jose4j skips over what is not base64url. The gateway joins repeated headers with commas, and
        // no token contains one: two credentials are none.
        if (authorization.size() > 1 || header.length() > MAX_HEADER) {
            throw new InvalidToken("not one JWT in a header of at most " + MAX_HEADER + " characters");
        }
        if (!isCompact(token)) {
            throw new InvalidToken(kindOf(token));
        }
        return token;
    }

    /** What a token is that is no signed JWT, and what to change at the provider; nothing of the token itself. */
    private static String kindOf(String token) {
        long dots = token.chars().filter(c -> c == '.').count();
        if (dots == 0) {
            return "an opaque token and no JWT: have the provider issue JWT access tokens, often by asking for this API's audience";
        }
        // RFC 7516, section 3.1
        return dots == 4 ? "an encrypted token (JWE): have the provider sign access tokens for this API, and not encrypt them"
                : "not a signed JWT: three parts in base64url, separated by dots";
    }

    /** What comes after {@code start}, without the blanks around it (RFC 9110, section 11.4). */
    private static String withoutBlanks(String text, int start) {
        int from = start;
        int to = text.length();
        while (from < to && text.charAt(from) == ' ') {
            from++;
        }
        while (to > from && text.charAt(to - 1) == ' ') {
            to--;
        }
        return text.substring(from, to);
    }

    /**
     * Three parts in base64url (RFC 7515, section 3.1), none of them empty. A regular expression took longer than reading the
     * claims.
     */
    private static boolean isCompact(String token) {
        int parts = 1;
        int partStart = 0;
        for (int i = 0; i < token.length(); i++) {
            char c = token.charAt(i);
            if (c == '.' && i > partStart) {
                parts++;
                partStart = i + 1;
            } else if (!isBase64Url(c)) {
                return false;
            }
        }
        return parts == 3 && partStart < token.length();
    }

    private static boolean isBase64Url(char c) {
        return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    }
}
