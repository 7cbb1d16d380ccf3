package io.proxykeys.deployment;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.AbstractConstruct;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;

/** Reads {@code template.yaml}, each intrinsic function in its long form. */
final class Template {

    static final Map<?, ?> TEMPLATE = template();
    static final Map<String, String> NO_VALUE = Map.of("Ref", "AWS::NoValue");

    private Template() {
    }

    static Object parameter(String name, String attribute) {
        return at(TEMPLATE, "Parameters", name, attribute);
    }

    /** The properties of all resources of a type, by the resource's name; at least one. */
    static Map<String, Map<?, ?>> properties(String type) {
        Map<String, Map<?, ?>> found = new TreeMap<>();
        ((Map<?, ?>) at(TEMPLATE, "Resources")).forEach((name, resource) -> {
            if (at(resource, "Type").equals(type)) {
                found.put((String) name, (Map<?, ?>) at(resource, "Properties"));
            }
        });
        assertFalse(found.isEmpty(), type);
        return found;
    }

    static Map<?, ?> only(String type) {
        Collection<Map<?, ?>> found = properties(type).values();
        assertEquals(1, found.size(), type);
        return found.iterator().next();
    }

    /** The properties of a function, with those that it inherits from {@code Globals}. */
    static Map<String, Object> function(String name) {
        Map<String, Object> all = new TreeMap<>();
        ((Map<?, ?>) at(TEMPLATE, "Globals", "Function")).forEach((property, value) -> all.put((String) property, value));
        ((Map<?, ?>) at(TEMPLATE, "Resources", name, "Properties")).forEach((property, value) -> all.put((String) property, value));
        return all;
    }

    static String text(Object node, Object... path) {
        return (String) at(node, path);
    }

    static Stream<?> values(Object map) {
        return ((Map<?, ?>) map).values().stream();
    }

    /** What is at a path of keys and indexes; there has to be something. */
    static Object at(Object node, Object... path) {
        Object here = node;
        for (Object step : path) {
            Object next = step instanceof Integer index ? ((List<?>) here).get(index) : ((Map<?, ?>) here).get(step);
            assertNotNull(next, step + " of " + here);
            here = next;
        }
        return here;
    }

    private static Map<?, ?> template() {
        try (Reader file = Files.newBufferedReader(Path.of("template.yaml"))) {
            return new Yaml(new ShortFormConstructor()).load(file);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /** Reads the short form of an intrinsic function ({@code !Sub x}) as its long form ({@code Fn::Sub: x}). */
    private static final class ShortFormConstructor extends SafeConstructor {

        ShortFormConstructor() {
            super(options());
            yamlMultiConstructors.put("!", new AbstractConstruct() {
                @Override
                public Object construct(Node node) {
                    String name = node.getTag().getValue().substring(1);
                    Object argument = argument(node);
                    return switch (name) {
                        case "Ref", "Condition" -> Map.of(name, argument);
                        case "GetAtt" -> Map.of("Fn::GetAtt",
                                argument instanceof String text ? List.of(text.split("\\.", 2)) : argument);
                        default -> Map.of("Fn::" + name, argument);
                    };
                }
            });
        }

        private static LoaderOptions options() {
            LoaderOptions options = new LoaderOptions();
            options.setAllowDuplicateKeys(false);
            return options;
        }

        private Object argument(Node node) {
            if (node instanceof SequenceNode sequence) {
                return constructSequence(sequence);
            }
            return node instanceof MappingNode mapping ? constructMapping(mapping) : constructScalar((ScalarNode) node);
        }
    }
}
