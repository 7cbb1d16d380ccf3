package io.proxykeys.github;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.proxykeys.key.KeyReference;
import io.proxykeys.problem.ProblemException;
import io.proxykeys.revocation.FreeText;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One token of a report. The token itself is not kept, only its hash.
 *
 * @param sha256 of the token, in hexadecimal digits
 * @param type by which GitHub knows this kind of token
 * @param url where it was found, fit to be kept
 */
record Leak(String sha256, String type, Optional<String> url) {

    private static final ObjectReader JSON = JsonMapper.builder().build().readerFor(JsonNode.class);

    /**
     * Reads a report: an array of matches, each with {@code token} and {@code type}, and perhaps {@code url}.
     *
     * @return each token once, in the order in which they first appear
     * @throws ProblemException 400 if it is anything else
     */
    static List<Leak> read(byte[] report) {
        Map<String, Leak> leaks = new LinkedHashMap<>();
        for (JsonNode match : matches(report)) {
            String token = match.path("token").asText("");
            if (token.isEmpty() || !match.path("token").isTextual() || !match.path("type").isTextual()) {
                throw malformed();
            }
            String sha256 = KeyReference.of(token).sha256();
            leaks.putIfAbsent(sha256, new Leak(sha256, match.get("type").textValue(), FreeText.url(match.path("url").asText(""))));
        }
        return new ArrayList<>(leaks.values());
    }

    private static JsonNode matches(byte[] report) {
        try {
            JsonNode matches = JSON.readTree(report);
            if (matches != null && matches.isArray()) {
                return matches;
            }
        } catch (JsonProcessingException e) {
            // refused below; its message may quote a token
        } catch (IOException e) {
            throw new IllegalStateException("cannot happen with bytes in memory");
        }
        throw malformed();
    }

    private static ProblemException malformed() {
        return ProblemException.malformed("The body must be an array of matches, each with token and type. Nothing was changed.");
    }
}
