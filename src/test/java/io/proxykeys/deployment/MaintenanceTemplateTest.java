package io.proxykeys.deployment;

import static io.proxykeys.deployment.Template.TEMPLATE;
import static io.proxykeys.deployment.Template.at;
import static io.proxykeys.deployment.Template.properties;
import static io.proxykeys.deployment.Template.text;
import static java.util.stream.Collectors.toMap;
import static java.util.stream.Collectors.toSet;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import io.proxykeys.harness.Api;
import io.proxykeys.maintenance.Maintenance;
import io.proxykeys.maintenance.MaintenanceTask;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** How {@code template.yaml} has the maintenance done: on a schedule, by the function of the calls, and not through the alerts' retries. */
class MaintenanceTemplateTest {

    private static final Map<String, List<String>> FUNCTION = Map.of("Fn::GetAtt", List.of("Function", "Arn"));

    private static Map<String, Map<?, ?>> rules() {
        return properties("AWS::Events::Rule").entrySet().stream().filter(rule -> rule.getValue().containsKey("ScheduleExpression"))
                .collect(toMap(Map.Entry::getKey, Map.Entry::getValue));
    }

    @Test
    void everyTaskOfTheCodeIsScheduledOnce() {
        Map<String, String> scheduled = rules().values().stream().collect(toMap(
                rule -> input(rule).get("detail-type").textValue(), rule -> text(rule, "ScheduleExpression")));

        assertEquals(Map.of("Release Expired Holds", "rate(1 minute)", "Purge Receipts", "rate(1 hour)"), scheduled);
        assertEquals(Stream.of(MaintenanceTask.values()).map(MaintenanceTask::detailType).collect(toSet()), scheduled.keySet());
        rules().values().forEach(rule -> assertEquals(Maintenance.SOURCE, input(rule).get("source").textValue()));
    }

    @Test
    void itIsDoneByTheFunctionOfTheCallsAndRetriedByNobody() {
        rules().forEach((name, rule) -> {
            assertEquals(1, ((List<?>) rule.get("Targets")).size(), name);
            Map<?, ?> target = (Map<?, ?>) at(rule, "Targets", 0);
            assertEquals(Set.of("Id", "Arn", "Input", "RetryPolicy"), target.keySet(), name);
            assertEquals(FUNCTION, target.get("Arn"), name);
            assertEquals(0, at(target, "RetryPolicy", "MaximumRetryAttempts"), name);
        });
        assertEquals(Map.of("FunctionName", Map.of("Ref", "Function"), "Qualifier", "$LATEST", "MaximumRetryAttempts", 0,
                "MaximumEventAgeInSeconds", 60), at(TEMPLATE, "Resources", "MaintenanceInvocation", "Properties"));
        assertEquals(Set.of("MaintenanceInvocation", "AlertInvocation"), properties("AWS::Lambda::EventInvokeConfig").keySet());
    }

    @Test
    void eventBridgeMayInvokeTheFunctionOfTheCallsForTheseRulesOnly() {
        Set<Object> allowed = properties("AWS::Lambda::Permission").values().stream()
                .filter(permission -> at(permission, "FunctionName").equals(Map.of("Ref", "Function")))
                .filter(permission -> !at(permission, "Principal").equals("apigateway.amazonaws.com"))
                .map(permission -> at(permission, "SourceArn")).collect(toSet());

        assertEquals(rules().keySet().stream().map(rule -> Map.of("Fn::GetAtt", List.of(rule, "Arn"))).collect(toSet()), allowed);
    }

    private static JsonNode input(Map<?, ?> rule) {
        return Api.json(text(rule, "Targets", 0, "Input"));
    }
}
