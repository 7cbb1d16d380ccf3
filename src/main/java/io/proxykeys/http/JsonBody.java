package io.proxykeys.http;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.proxykeys.json.TextRules;
import io.proxykeys.key.KeyReference;
import io.proxykeys.problem.ProblemException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.regex.Pattern;

/** A small JSON object as the body of a request, read strictly: a misspelt field must not be taken for a missing one. */
public final class JsonBody {

    /** Unless an operation takes more. */
    private static final int MAX_BYTES = 8 * 1024;
    private static final String PROXY_KEY = "proxy_key";
    /** A number counts by its value, with however many digits it is written: as many as a body has that takes an amount. */
    private static final int MAX_DIGITS = 32 * 1024;
    private static final ObjectReader JSON = JsonMapper.builder(
            JsonFactory.builder().streamReadConstraints(StreamReadConstraints.builder().maxNumberLength(MAX_DIGITS).build()).build())
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            // An amount is read from its digits, and never through a binary float.
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
            .build().readerFor(JsonNode.class);

    /** For an operation that takes a list of 1,000 keys. */
    public static final int MAX_BYTES_OF_LISTS = 320 * 1024;

    private static final String PROXY_KEYS = "proxy_keys";
    private static final int MAX_KEYS = 1_000;
    private static final Pattern UUID_TEXT = Pattern.compile("[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}");

    private final JsonNode object;

    private JsonBody(JsonNode object) {
        this.object = object;
    }

    /** Reads a body of up to 8 KiB. */
    public static JsonBody of(Request request, Set<String> fields) {
        return of(request, fields, MAX_BYTES);
    }

    /**
     * Reads the body of a call.
     *
     * @param fields the fields it may have
     * @param maxBytes how long it may be
     * @throws ProblemException 413 if it is longer, 415 if it is not declared as JSON, 400 if it is not a JSON object, 422 for any other
     *         field
     */
    public static JsonBody of(Request request, Set<String> fields, int maxBytes) {
        Optional<byte[]> bytes = request.bytes(maxBytes);
        if (!isJson(request.headers("Content-Type"))) {
            throw ProblemException.notJson();
        }
        JsonNode node = parse(bytes, fields.contains(PROXY_KEY) ? ", such as {\"proxy_key\":\"ek-proxy-…\"}" : "");
        for (Iterator<String> names = node.fieldNames(); names.hasNext();) {
            if (!fields.contains(names.next())) {
                throw ProblemException.invalidField("The body may have no other fields than " + String.join(", ", fields.stream().sorted()
                        .toList())
                        + ". Nothing was changed.");
            }
        }
        return new JsonBody(node);
    }

    /** The field {@code proxy_key}: 1 to 256 characters; else a 422 {@link ProblemException}. */
    public String proxyKey() {
        JsonNode value = object.get(PROXY_KEY);
        if (value == null || !isKey(value)) {
            throw ProblemException.invalidField("proxy_key must be a string of 1 to 256 characters. Nothing was changed.");
        }
        return value.textValue();
    }

    /**
     * The field {@code proxy_keys}: 1 to 1,000 strings of 1 to 256 characters, empty if there is none; else a 422
     * {@link ProblemException}.
     */
    public Optional<List<String>> proxyKeys() {
        return field(PROXY_KEYS).map(array -> {
            if (!array.isArray() || array.isEmpty() || array.size() > MAX_KEYS) {
                throw invalidKeys();
            }
            List<String> keys = new ArrayList<>(array.size());
            for (JsonNode value : array) {
                if (!isKey(value)) {
                    throw invalidKeys();
                }
                keys.add(value.textValue());
            }
            return keys;
        });
    }

    /**
     * The same where no string may be there twice, and {@code proxy_key} not beside it, whose place it takes; else a 422
     * {@link ProblemException}.
     */
    public Optional<List<String>> distinctProxyKeys() {
        if (object.has(PROXY_KEY) && object.has(PROXY_KEYS)) {
            throw ProblemException.invalidField("Either proxy_key or proxy_keys names what is meant, not both. Nothing was changed.");
        }
        Optional<List<String>> keys = proxyKeys();
        if (keys.isPresent() && Set.copyOf(keys.get()).size() < keys.get().size()) {
            throw ProblemException.invalidField("proxy_keys has a string twice. Nothing was changed.");
        }
        return keys;
    }

    /** A field that is a UUID (RFC 9562), empty if there is none, or no such text. */
    public Optional<UUID> uuid(String name) {
        return field(name).filter(JsonNode::isTextual).map(JsonNode::textValue).filter(text -> UUID_TEXT.matcher(text).matches())
                .map(UUID::fromString);
    }

    private static boolean isKey(JsonNode value) {
        return value.isTextual() && TextRules.hasLength(value.textValue(), KeyReference.LONGEST);
    }

    private static ProblemException invalidKeys() {
        return ProblemException.invalidField(
                "proxy_keys must be an array of 1 to 1000 strings of 1 to 256 characters. Nothing was changed.");
    }

    /** A field that is true or false, empty if there is none; else a 422 {@link ProblemException}. */
    public Optional<Boolean> flag(String name) {
        JsonNode value = object.get(name);
        if (value == null) {
            return Optional.empty();
        }
        if (!value.isBoolean()) {
            throw ProblemException.invalidField(name + " must be true or false. Nothing was changed.");
        }
        return Optional.of(value.booleanValue());
    }

    /** Any field, empty if there is none. A number that is not whole is read as a decimal. */
    public Optional<JsonNode> field(String name) {
        return Optional.ofNullable(object.get(name));
    }

    private static boolean isJson(List<String> contentTypes) {
        if (contentTypes.size() != 1) {
            return false;
        }
        String type = contentTypes.get(0).split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
        return type.equals("application/json");
    }

    private static JsonNode parse(Optional<byte[]> bytes, String example) {
        JsonNode node = null;
        try {
            if (bytes.isPresent()) {
                node = JSON.readTree(StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes.get())).toString());
            }
        } catch (JsonProcessingException | CharacterCodingException e) {
            // refused below
        } catch (NumberFormatException e) {
            // JSON, but of an exponent that no decimal has
            throw ProblemException.invalidField("A number in the body is out of bounds. Nothing was changed.");
        }
        if (node == null || !node.isObject()) {
            throw ProblemException.malformed("The body must be a JSON object" + example + ". Nothing was changed.");
        }
        return node;
    }
}
