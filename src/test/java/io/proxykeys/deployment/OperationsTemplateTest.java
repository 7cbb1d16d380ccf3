package io.proxykeys.deployment;

import static io.proxykeys.deployment.Template.TEMPLATE;
import static io.proxykeys.deployment.Template.at;
import static io.proxykeys.deployment.Template.only;
import static io.proxykeys.deployment.Template.parameter;
import static io.proxykeys.deployment.Template.properties;
import static io.proxykeys.deployment.Template.text;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import io.proxykeys.http.Route;
import io.proxykeys.log.Metric;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What an operator looks at, what reaches them, and what outlives the stack. */
class OperationsTemplateTest {

    private static final Pattern METRIC = Pattern.compile("\\(\"([A-Za-z]+)\", \"(Count|None|Milliseconds)\"\\)");

    @Test
    void everyAlarmTellsItsTopicAndHasALineInTheRunBook() throws IOException {
        String document = Files.readString(Path.of("src/docs/operations.md"));
        List<Object> topic = List.of("AlarmTopicIsGiven", List.of(Map.of("Ref", "AlarmTopicArn")), List.of(Map.of("Ref", "AlertTopic")));

        properties("AWS::CloudWatch::Alarm").forEach((name, alarm) -> {
            assertEquals(topic, at(alarm, "AlarmActions", "Fn::If"), name);
            assertEquals(topic, at(alarm, "OKActions", "Fn::If"), name);
            assertTrue(document.contains("| `" + name + "` |"), name);
        });
    }

    /** What a person has to look through before the first deployment. */
    @Test
    void theParametersFitOnAPageAndEachIsInAGroup() {
        Map<?, ?> parameters = (Map<?, ?>) at(TEMPLATE, "Parameters");
        List<String> grouped = ((List<?>) at(TEMPLATE, "Metadata", "AWS::CloudFormation::Interface", "ParameterGroups")).stream()
                .flatMap(group -> ((List<?>) at(group, "Parameters")).stream()).map(String.class::cast).sorted().toList();

        assertTrue(parameters.size() <= 37, parameters.size() + " parameters");
        assertEquals(parameters.keySet().stream().map(String.class::cast).sorted().toList(), grouped);
    }

    /** What is written to be pasted has to go through, and what has no default has to be in it. */
    @Test
    void theCommandThatDeploysNamesEveryParameterWithoutADefaultAndNoneThatIsNotThere() throws IOException {
        Matcher command = Pattern.compile("sam deploy [^`]*?--parameter-overrides([^`]*)```")
                .matcher(Files.readString(Path.of("src/docs/operations.md")));
        assertTrue(command.find());
        Set<String> given = Pattern.compile("(?m)^ +([A-Z]\\w+)=").matcher(command.group(1)).results().map(each -> each.group(1))
                .collect(Collectors.toCollection(TreeSet::new));
        Map<?, ?> parameters = (Map<?, ?>) at(TEMPLATE, "Parameters");

        assertTrue(parameters.keySet().containsAll(given), given.toString());
        parameters.forEach((name, parameter) -> assertTrue(((Map<?, ?>) parameter).containsKey("Default") || given.contains(name),
                name.toString()));
    }

    @Test
    void theDocumentsNameOutputsThatAreThere() throws IOException {
        Map<?, ?> outputs = (Map<?, ?>) at(TEMPLATE, "Outputs");
        List<String> named = new ArrayList<>();
        for (String document : List.of("operations.md", "alerts.md")) {
            Pattern.compile("outputs? `(\\w+)`|\\$\\(output (\\w+)\\)").matcher(Files.readString(Path.of("src/docs", document))).results()
                    .forEach(output -> named.add(output.group(1) == null ? output.group(2) : output.group(1)));
        }

        assertFalse(named.isEmpty());
        assertTrue(outputs.keySet().containsAll(named), named.toString());
    }

    @Test
    void aPageMayUseTheMethodsOfTheCode() {
        assertEquals(Arrays.stream(Route.values()).map(Route::method).collect(Collectors.toSet()),
                Set.copyOf((List<?>) at(only("AWS::ApiGatewayV2::Api"), "CorsConfiguration", "Fn::If", 1, "AllowMethods")));
    }

    /** A graph or alarm of a metric that nobody writes would stay empty without a word. */
    @Test
    void everyMetricOfOursIsOneThatTheFunctionWrites() throws IOException {
        Set<String> written = METRIC.matcher(Files.readString(Path.of("src/main/java/io/proxykeys/log/Metric.java"))).results()
                .map(metric -> metric.group(1)).collect(Collectors.toSet());
        assertEquals(Metric.values().length, written.size());
        Set<String> shown = new TreeSet<>();
        for (JsonNode widget : dashboard()) {
            for (JsonNode metric : widget.at("/properties/metrics")) {
                if (metric.get(0).asText().equals("ProxyKeys")) {
                    shown.add(metric.get(1).textValue());
                }
            }
        }
        properties("AWS::CloudWatch::Alarm").values().stream().filter(alarm -> "ProxyKeys".equals(at(alarm, "Namespace")))
                .forEach(alarm -> shown.add(text(alarm, "MetricName")));

        assertTrue(written.containsAll(shown), shown + " of " + written);
        assertTrue(shown.containsAll(Set.of("KeysDeleted", "CreditsReturned", "AlertAge", "ColdStart", "DatabaseUnavailable")), shown
                .toString());
    }

    @ParameterizedTest
    @ValueSource(strings = { "*", "https://console.example.com/", "https://console.example.com/page", "console.example.com", "null" })
    void whatIsNoOriginIsRefused(String origin) {
        assertFalse(origin.matches((String) parameter("CorsAllowedOrigins", "AllowedPattern")), origin);
    }

    @ParameterizedTest
    @ValueSource(strings = { "AccessLogGroup", "FunctionLogGroup", "AlertFailureQueue", "AlertTopic" })
    void whatAnIncidentLeavesBehindOutlivesTheStack(String name) {
        assertEquals("RetainExceptOnCreate", at(TEMPLATE, "Resources", name, "DeletionPolicy"));
        assertEquals("Retain", at(TEMPLATE, "Resources", name, "UpdateReplacePolicy"));
    }

    /** Otherwise the next stack of this name could not be created, because the names are taken. */
    @Test
    void noNameOfWhatStaysIsTakenWhenTheNextStackOfThisNameIsMade() {
        properties("AWS::Logs::LogGroup").forEach((name, log) -> {
            List<?> sub = (List<?>) at(log, "LogGroupName", "Fn::Sub");
            assertTrue(((String) sub.get(0)).endsWith("${AWS::StackName}-${Id}"), name);
            assertEquals(Map.of("Id", Map.of("Fn::Select", List.of(2, Map.of("Fn::Split", List.of("/", Map.of("Ref", "AWS::StackId")))))),
                    sub.get(1), name);
        });
        assertFalse(properties("AWS::SQS::Queue").get("AlertFailureQueue").containsKey("QueueName"));
        assertFalse(properties("AWS::SNS::Topic").get("AlertTopic").containsKey("TopicName"));
    }

    private static ArrayNode dashboard() throws IOException {
        return (ArrayNode) new ObjectMapper().readTree(text(only("AWS::CloudWatch::Dashboard"), "DashboardBody", "Fn::Sub")).get("widgets");
    }
}
