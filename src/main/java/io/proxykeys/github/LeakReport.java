package io.proxykeys.github;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.proxykeys.json.JsonLimits;
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
 * A report of GitHub's secret scanning: an array of matches, each with {@code token} and {@code type}, and perhaps {@code url}. What can be
 * read of it is revoked, whatever else is in it.
 *
 * @param leaks each token once, in the order in which they first appear
 * @param odd the entries that are not as GitHub describes them
 */
record LeakReport(List<Leak> leaks, List<Odd> odd) {

    private static final ObjectReader JSON = JsonMapper.builder(JsonFactory.builder().streamReadConstraints(JsonLimits.NONE).build())
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build()
            .readerFor(JsonNode.class);

    /**
     * An entry that is not as GitHub describes it.
     *
     * @param position in the report, from 0
     * @param reason what is wrong with it, without a value of it
     * @param sha256 of its token; empty if it has none that can be read
     */
    record Odd(int position, String reason, Optional<String> sha256) {
    }

    /**
     * Reads a report.
     *
     * @throws ProblemException 400 if it is not one array
     */
    static LeakReport read(byte[] body) {
        Map<String, Leak> leaks = new LinkedHashMap<>();
        List<Odd> odd = new ArrayList<>();
        int position = 0;
        for (JsonNode match : matches(body)) {
            read(match, position, leaks, odd);
            position++;
        }
        return new LeakReport(new ArrayList<>(leaks.values()), odd);
    }

    private static void read(JsonNode match, int position, Map<String, Leak> leaks, List<Odd> odd) {
        Optional<String> token = Optional.ofNullable(match.path("token").textValue()).map(String::strip).filter(text -> !text.isEmpty());
        if (token.isEmpty()) {
            odd.add(new Odd(position, match.isObject() ? "it has no token that is a text" : "it is not an object", Optional.empty()));
            return;
        }
        String sha256 = KeyReference.of(token.get()).sha256();
        String type = match.path("type").textValue();
        if (type == null) {
            odd.add(new Odd(position, "it has no type that is a text", Optional.of(sha256)));
        }
        Leak leak = new Leak(sha256, type == null ? "" : type, FreeText.url(match.path("url").asText("")));
        leaks.merge(sha256, leak, (first, again) -> first.type().isEmpty() ? again : first);
    }

    private static JsonNode matches(byte[] body) {
        try {
            JsonNode matches = JSON.readTree(body);
            if (matches != null && matches.isArray()) {
                return matches;
            }
        } catch (JsonProcessingException e) {
            // refused below; its message may quote a token
        } catch (IOException e) {
            throw new IllegalStateException("cannot happen with bytes in memory");
        }
        throw ProblemException.malformed("The body must be one array of matches, each with token and type. Nothing was changed.");
    }
}
