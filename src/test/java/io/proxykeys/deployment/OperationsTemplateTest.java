package io.proxykeys.deployment;

import static io.proxykeys.deployment.Template.NO_VALUE;
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
    void everyAlarmTellsTheSameTopicWhenItBeginsAndWhenItIsOver() {
        List<Object> topic = List.of("AlarmTopicIsGiven", List.of(Map.of("Ref", "AlarmTopicArn")), List.of(Map.of("Ref", "AlertTopic")));

        properties("AWS::CloudWatch::Alarm").forEach((name, alarm) -> {
            assertEquals(topic, at(alarm, "AlarmActions", "Fn::If"), name);
            assertEquals(topic, at(alarm, "OKActions", "Fn::If"), name);
            assertFalse(text(alarm, "AlarmDescription").isBlank(), name);
        });
    }

    @Test
    void slowCallsThrottledCallsAndUnusuallyManyDeletionsRaiseAnAlarm() {
        Map<String, Map<?, ?>> alarms = properties("AWS::CloudWatch::Alarm");

        assertEquals("p99", at(alarms.get("LatencyAlarm"), "ExtendedStatistic"));
        assertEquals(Map.of("Ref", "LatencyAlarmMilliseconds"), at(alarms.get("LatencyAlarm"), "Threshold"));
        assertEquals("Throttles", at(alarms.get("ThrottleAlarm"), "MetricName"));
        assertEquals("KeysDeleted", at(alarms.get("DeletedKeysAlarm"), "MetricName"));
        assertEquals(Map.of("Ref", "DeletedKeysAlarmThreshold"), at(alarms.get("DeletedKeysAlarm"), "Threshold"));
        assertEquals("ProxyKeys", at(alarms.get("DeletedKeysAlarm"), "Namespace"));
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

    @Test
    void theDashboardShowsLatencyThrottlesAndTheFailureQueue() throws IOException {
        String all = dashboard().toString();

        for (String metric : List.of("RefusedCalls", "\"Latency\"", "p50", "p99", "Throttles", "ApproximateNumberOfMessagesVisible",
                "AsyncEventAge")) {
            assertTrue(all.contains(metric), metric);
        }
        Matcher names = Pattern.compile("\\$\\{(\\w+)").matcher(text(only("AWS::CloudWatch::Dashboard"), "DashboardBody", "Fn::Sub"));
        while (names.find()) {
            String name = names.group(1);
            assertTrue(name.equals("AWS") || ((Map<?, ?>) at(TEMPLATE, "Resources")).containsKey(name), name);
        }
    }

    @Test
    void noPageInABrowserMayCallUnlessItsOriginIsNamed() {
        List<?> cors = (List<?>) at(only("AWS::ApiGatewayV2::Api"), "CorsConfiguration", "Fn::If");

        assertEquals("", parameter("CorsAllowedOrigins", "Default"));
        assertEquals(NO_VALUE, cors.get(2));
        assertEquals(Map.of("Ref", "CorsAllowedOrigins"), at(cors.get(1), "AllowOrigins"));
        assertEquals(Arrays.stream(Route.values()).map(Route::method).collect(Collectors.toSet()), Set.copyOf((List<?>) at(cors.get(1),
                "AllowMethods")));
        assertEquals(Set.of("authorization", "content-type", "idempotency-key"), Set.copyOf((List<?>) at(cors.get(1), "AllowHeaders")));
        assertTrue(((List<?>) at(cors.get(1), "ExposeHeaders")).containsAll(List.of("x-request-id", "idempotency-replayed", "link",
                "retry-after", "ratelimit", "ratelimit-policy", "www-authenticate")));
    }

    @ParameterizedTest
    @ValueSource(strings = { "*", "https://console.example.com/", "https://console.example.com/page", "console.example.com", "null" })
    void whatIsNoOriginIsRefused(String origin) {
        assertFalse(origin.matches((String) parameter("CorsAllowedOrigins", "AllowedPattern")), origin);
    }

    /** A key of the mapping would stand at the beginning of rawPath, and nothing would match. */
    @Test
    void behindADomainOfItsOwnTheApiHasTheSamePathsAndNoSecondAddress() {
        Map<?, ?> mapping = only("AWS::ApiGatewayV2::ApiMapping");

        assertEquals(Set.of("ApiId", "DomainName", "Stage"), mapping.keySet());
        assertEquals(List.of("DomainIsUsed", true, false), at(only("AWS::ApiGatewayV2::Api"), "DisableExecuteApiEndpoint", "Fn::If"));
        assertEquals("DomainIsUsed", at(TEMPLATE, "Resources", "DomainMapping", "Condition"));
        assertEquals("", parameter("DomainName", "Default"));
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

    @Test
    void theOutputsAreWhatTheDocumentsSpeakOf() throws IOException {
        String document = Files.readString(Path.of("src/docs/operations.md"));

        Matcher named = Pattern.compile("output `(\\w+)`").matcher(document);
        int count = 0;
        for (; named.find(); count++) {
            assertTrue(((Map<?, ?>) at(TEMPLATE, "Outputs")).containsKey(named.group(1)), named.group(1));
        }
        assertTrue(count > 0);
        assertTrue(((Map<?, ?>) at(TEMPLATE, "Outputs")).containsKey("ApiUrl"));
    }

    private static ArrayNode dashboard() throws IOException {
        return (ArrayNode) new ObjectMapper().readTree(text(only("AWS::CloudWatch::Dashboard"), "DashboardBody", "Fn::Sub")).get("widgets");
    }
}
