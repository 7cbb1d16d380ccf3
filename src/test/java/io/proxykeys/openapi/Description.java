package io.proxykeys.openapi;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import com.networknt.schema.Error;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SchemaRegistryConfig;
import com.networknt.schema.SpecificationVersion;
import io.proxykeys.harness.Api;
import io.proxykeys.http.Route;
import io.restassured.response.Response;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/**
 * {@code META-INF/openapi.yaml}, and what it says of an answer. Schemas are taken more strictly than they are written: a
 * client has to bear a field that the description does not know, a test must not.
 */
final class Description {

    private static final String ID = "https://proxy-keys.test/openapi.json";

    /** Headers that mean something to a client of this API; what else an answer carries is the transport's. */
    private static final Set<String> HEADERS = Set.of("WWW-Authenticate", "Retry-After", "RateLimit", "RateLimit-Policy", "Link",
            "X-Total-Count", "Idempotency-Replayed");

    private final JsonNode document;
    private final SchemaRegistry schemas;

    private Description(JsonNode document) {
        this.document = document;
        JsonNode strict = document.deepCopy();
        forbidUnknownFields(strict);
        SchemaRegistryConfig config = SchemaRegistryConfig.builder().formatAssertionsEnabled(true).build();
        this.schemas = SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12,
                registry -> registry.schemas(Map.of(ID, strict.toString())).schemaRegistryConfig(config));
    }

    static Description read() {
        LoaderOptions options = new LoaderOptions();
        options.setAllowDuplicateKeys(false);
        try (Reader file = Files.newBufferedReader(Path.of("src/main/resources/META-INF/openapi.yaml"))) {
            return new Description(Api.JSON.valueToTree(new Yaml(new SafeConstructor(options)).load(file)));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    JsonNode paths() {
        return document.get("paths");
    }

    JsonNode document() {
        return document;
    }

    /** What a reference refers to; anything else as it is. */
    String resolve(String pointer) {
        JsonNode reference = document.at(pointer).path("$ref");
        assertFalse(document.at(pointer).isMissingNode(), pointer);
        return reference.isMissingNode() ? pointer : resolve(reference.textValue().substring(1));
    }

    JsonNode at(String pointer) {
        return document.at(resolve(pointer));
    }

    static String operation(Route route) {
        return "/paths/" + escaped(route.path()) + "/" + route.method().toLowerCase(Locale.ROOT);
    }

    /** Where the answer with this status is described; it has to be. */
    String response(Route route, int status) {
        return resolve(operation(route) + "/responses/" + status);
    }

    /** The named examples of a media type object. */
    List<JsonNode> examples(String mediaType) {
        List<JsonNode> examples = new ArrayList<>();
        at(mediaType).path("examples").fieldNames().forEachRemaining(
                name -> examples.add(at(mediaType + "/examples/" + escaped(name)).get("value")));
        return examples;
    }

    void assertValid(String schema, JsonNode value) {
        List<Error> errors = schemas.getSchema(SchemaLocation.of(ID + "#" + schema)).validate(value);
        assertTrue(errors.isEmpty(), () -> schema + ": " + errors + " of " + value);
    }

    /** Status, content type, headers and body of a real answer are as described. */
    void assertDescribes(Route route, Response answer) {
        String response = response(route, answer.statusCode());
        String type = answer.contentType().split(";", 2)[0];
        // The other one is the gateway's, and the schema tells them apart.
        assertTrue(names(response + "/content").contains(type), () -> response + ": " + type);
        assertValid(response + "/content/" + escaped(type) + "/schema", Api.json(answer));
        for (String name : HEADERS) {
            // The mock of the gateway sends a value with commas as several headers.
            String value = answer.headers().hasHeaderWithName(name) ? String.join(", ", answer.headers().getValues(name)) : null;
            if (value != null) {
                assertTrue(names(response + "/headers").contains(name), () -> response + ": " + name + " is not described");
            }
            if (names(response + "/headers").contains(name)) {
                String header = resolve(response + "/headers/" + name);
                assertTrue(value != null || !at(header).path("required").booleanValue(), () -> response + ": no " + name);
                if (value != null) {
                    assertValid(header + "/schema", typed(at(header + "/schema"), value));
                }
            }
        }
    }

    Set<String> names(String pointer) {
        Set<String> names = new TreeSet<>();
        document.at(pointer).fieldNames().forEachRemaining(names::add);
        return names;
    }

    static String escaped(String name) {
        return name.replace("~", "~0").replace("/", "~1");
    }

    private static JsonNode typed(JsonNode schema, String value) {
        return schema.path("type").asText().equals("integer") ? Api.json(value) : TextNode.valueOf(value);
    }

    private static void forbidUnknownFields(JsonNode node) {
        if (node instanceof ObjectNode object && object.path("type").asText().equals("object") && object.has("properties")) {
            object.put("additionalProperties", false);
        }
        node.forEach(Description::forbidUnknownFields);
    }
}
