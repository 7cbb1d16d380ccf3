package io.proxykeys.deployment;

import static io.proxykeys.deployment.Template.NO_VALUE;
import static io.proxykeys.deployment.Template.TEMPLATE;
import static io.proxykeys.deployment.Template.at;
import static io.proxykeys.deployment.Template.only;
import static io.proxykeys.deployment.Template.parameter;
import static io.proxykeys.deployment.Template.properties;
import static io.proxykeys.deployment.Template.text;
import static java.util.stream.Collectors.toSet;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.proxykeys.alert.SecurityAlert;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** How {@code template.yaml} leads security alerts to the function, and what becomes of one that cannot be processed. */
class AlertTemplateTest {

    private static final Map<String, List<String>> QUEUE = arnOf("AlertFailureQueue");
    private static final ObjectMapper STRICT = JsonMapper.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();

    // --- Which events are alerts ----------------------------------------------------------------------------------------

    @Test
    void theRuleOfOurOwnSourceTakesExactlyTheAlertsOfTheCode() {
        Map<?, ?> pattern = (Map<?, ?>) at(rule("SecurityAlertRule"), "EventPattern");

        assertEquals(Set.of("source", "detail-type"), pattern.keySet());
        assertEquals(List.of(SecurityAlert.SOURCE), pattern.get("source"));
        assertEquals(SecurityAlert.DETAIL_TYPES, Set.copyOf((List<?>) pattern.get("detail-type")));
        assertEquals(Map.of("Ref", "SecurityAlertBus"), at(rule("SecurityAlertRule"), "EventBusName"));
    }

    @Test
    void theSampleEventsPassTheRules() throws IOException {
        assertTrue(matches("SecurityAlertRule", event("account-compromised")));
        assertTrue(matches("SecurityAlertRule", event("proxy-key-compromised")));
        assertTrue(matches("SecurityAlertRule", event("proxy-key-compromised-by-hash")));
        assertTrue(matches("SecurityAlertRule", event("security-hub-finding-key-transformed")));
        assertTrue(matches("SecurityAlertRule", event("security-hub-finding-transformed")));
        assertFalse(matches("SecurityAlertRule", event("security-hub-finding")));
        assertTrue(matches("SecurityHubRule", event("security-hub-finding")));
        assertFalse(matches("SecurityHubRule", event("security-hub-finding-key")));
        assertTrue(matches("SecurityHubKeyRule", event("security-hub-finding-key")));
        assertFalse(matches("SecurityHubKeyRule", event("security-hub-finding")));
    }

    @Test
    void anEventThatIsNoAlertEndsInTheFailureQueue() {
        Map<?, ?> rule = rule("UnmatchedAlertRule");
        Object alerts = at(rule("SecurityAlertRule"), "EventPattern");

        assertEquals(Map.of("$or", List.of(
                Map.of("source", List.of(Map.of("anything-but", at(alerts, "source")))),
                Map.of("detail-type", List.of(Map.of("anything-but", at(alerts, "detail-type")))))),
                at(rule, "EventPattern"));
        assertEquals(Map.of("Ref", "SecurityAlertBus"), at(rule, "EventBusName"));
        assertEquals(QUEUE, at(rule, "Targets", 0, "Arn"));
    }

    @ParameterizedTest
    @CsvSource({ "SecurityHubRule,security-hub-finding,proxy_keys_account_id",
            "SecurityHubKeyRule,security-hub-finding-key,proxy_keys_key_sha256" })
    void onlyANewActiveFindingThatNamesWhatIsDeletedIsAnAlert(String rule, String finding, String field) throws IOException {
        for (String pathAndValue : List.of("/Workflow/Status=NOTIFIED", "/Workflow/Status=SUPPRESSED", "/Workflow/Status=RESOLVED",
                "/RecordState=ARCHIVED")) {
            String[] change = pathAndValue.split("=", -1);
            JsonNode event = event(finding);
            JsonPointer path = JsonPointer.compile(change[0]);
            ((ObjectNode) finding(event).at(path.head())).put(path.last().getMatchingProperty(), change[1]);
            assertFalse(matches(rule, event), pathAndValue);
        }
        JsonNode unnamed = event(finding);
        ((ObjectNode) finding(unnamed).get("UserDefinedFields")).remove(field);
        assertFalse(matches(rule, unnamed));
        JsonNode insight = event(finding);
        ((ObjectNode) insight).put("detail-type", "Security Hub Insight Results");
        assertFalse(matches(rule, insight));
    }

    @Test
    void aFindingWithBothFieldsIsAboutTheKeyAlone() throws IOException {
        JsonNode both = event("security-hub-finding-key");
        ((ObjectNode) finding(both).get("UserDefinedFields")).put("proxy_keys_account_id", "a1");

        assertTrue(matches("SecurityHubKeyRule", both));
        assertFalse(matches("SecurityHubRule", both));
    }

    @Test
    void findingsAreNoAlertsUnlessThatIsSwitchedOn() {
        assertEquals("false", parameter("UseSecurityHub", "Default"));
        assertEquals(List.of(Map.of("Ref", "UseSecurityHub"), "true"), at(TEMPLATE, "Conditions", "SecurityHubIsUsed", "Fn::Equals"));
        for (String resource : List.of("SecurityHubRule", "SecurityHubPermission", "SecurityHubKeyRule", "SecurityHubKeyPermission")) {
            assertEquals("SecurityHubIsUsed", at(TEMPLATE, "Resources", resource, "Condition"), resource);
            assertFalse(resource.endsWith("Rule") && rule(resource).containsKey("EventBusName"),
                    "AWS services put their events on the default bus only");
        }
    }

    // --- What the function gets -----------------------------------------------------------------------------------------

    @Test
    void ourOwnEventReachesTheFunctionAsItIs() {
        Map<?, ?> target = target("SecurityAlertRule");

        assertEquals(arnOf("AlertFunction"), target.get("Arn"));
        assertTrue(Stream.of("Input", "InputPath", "InputTransformer").noneMatch(target::containsKey), target.toString());
    }

    @ParameterizedTest
    @CsvSource({ "SecurityHubRule,security-hub-finding", "SecurityHubKeyRule,security-hub-finding-key" })
    void aFindingReachesTheFunctionAsAWholeEnvelopeOfOurOwnEvent(String rule, String finding) throws IOException {
        JsonNode transformed = transformed(rule, event(finding));

        assertEquals(event(finding + "-transformed"), transformed);
        assertEquals(fieldNames(event("account-compromised")), fieldNames(transformed));
        assertTrue(transformed.at("/detail/block_new_keys_seconds").isInt());
        assertEquals(arnOf("AlertFunction"), target(rule).get("Arn"));
    }

    /** A finding is sent again on each update, in an envelope with an id and a time of its own. */
    @ParameterizedTest
    @CsvSource({ "SecurityHubRule,security-hub-finding", "SecurityHubKeyRule,security-hub-finding-key" })
    void anUpdatedFindingIsTheSameAlert(String rule, String finding) throws IOException {
        JsonNode updated = event(finding);
        ((ObjectNode) updated).put("id", "4ad2c3a6-0f38-4c57-8d65-5e1b8f8f2f10").put("time", "2026-11-23T08:15:00Z");
        ((ObjectNode) finding(updated)).put("UpdatedAt", "2026-11-23T08:14:58.001Z");
        JsonNode first = transformed(rule, event(finding));
        JsonNode second = transformed(rule, updated);

        assertEquals(first.get("id"), second.get("id"));
        assertEquals(first.get("detail"), second.get("detail"));
    }

    @ParameterizedTest
    @CsvSource({ "SecurityHubRule,security-hub-finding", "SecurityHubKeyRule,security-hub-finding-key" })
    void noTitleCanBreakOutOfTheReason(String rule, String finding) throws IOException {
        JsonNode event = event(finding);
        JsonNode before = transformed(rule, event).get("detail");
        String title = "x\",\"account_id\":\"a2\"}, \\ <account_id>\n\u00e4";
        ((ObjectNode) finding(event)).put("Title", title);
        JsonNode detail = transformed(rule, event).get("detail");

        assertEquals(title, detail.get("reason").textValue());
        assertEquals(((ObjectNode) before).without("reason"), ((ObjectNode) detail).without("reason"));
    }

    @ParameterizedTest
    @ValueSource(strings = { "SecurityHubRule", "SecurityHubKeyRule" })
    void everyVariableOfTheTransformerIsUsedAndDefined(String rule) {
        Map<?, ?> paths = (Map<?, ?>) at(target(rule), "InputTransformer", "InputPathsMap");
        Set<String> used = new TreeSet<>();
        VARIABLE.matcher(inputTemplate(rule)).results().forEach(variable -> used.add(variable.group(1)));

        assertEquals(paths.keySet(), used);
        // What EventBridge understands of JSONPath, and what it allows as a name.
        paths.forEach((name, path) -> {
            assertTrue(((String) path).matches("\\$(\\.[A-Za-z0-9_-]+(\\[[0-9]+])?)+"), (String) path);
            assertTrue(((String) name).matches("(?!AWS)[A-Za-z0-9_-]+"), (String) name);
        });
        assertTrue(inputTemplate(rule).length() <= 8192);
    }

    // --- What becomes of an alert that cannot be processed --------------------------------------------------------------

    @Test
    void bothLayersEndInTheFailureQueue() {
        for (String rule : List.of("SecurityAlertRule", "SecurityHubRule", "SecurityHubKeyRule")) {
            assertEquals(QUEUE, at(target(rule), "DeadLetterConfig", "Arn"), rule);
            assertEquals("AlertInvocation", at(TEMPLATE, "Resources", rule, "DependsOn"), rule);
        }
        Map<?, ?> invocation = properties("AWS::Lambda::EventInvokeConfig").get("AlertInvocation");
        assertEquals(Map.of("Ref", "AlertFunction"), at(invocation, "FunctionName"));
        assertEquals(QUEUE, at(invocation, "DestinationConfig", "OnFailure", "Destination"));
    }

    @Test
    void eventBridgeMayWriteToTheFailureQueueForTheseRulesOnly() {
        List<?> statements = (List<?>) at(only("AWS::SQS::QueuePolicy"), "PolicyDocument", "Statement");

        assertEquals(List.of(Map.of("Ref", "AlertFailureQueue")), at(only("AWS::SQS::QueuePolicy"), "Queues"));
        assertEquals(List.of(Map.of(
                "Effect", "Allow",
                "Principal", Map.of("Service", "events.amazonaws.com"),
                "Action", "sqs:SendMessage",
                "Resource", QUEUE,
                "Condition", Map.of("ArnEquals", Map.of("aws:SourceArn", List.of(arnOf("SecurityAlertRule"),
                        arnOf("UnmatchedAlertRule"),
                        Map.of("Fn::If", List.of("SecurityHubIsUsed", arnOf("SecurityHubRule"), NO_VALUE)),
                        Map.of("Fn::If", List.of("SecurityHubIsUsed", arnOf("SecurityHubKeyRule"), NO_VALUE))))))),
                statements);
        assertEquals(Set.of("SecurityAlertRule", "UnmatchedAlertRule", "SecurityHubRule", "SecurityHubKeyRule"), properties(
                "AWS::Events::Rule").entrySet()
                .stream().filter(rule -> rule.getValue().containsKey("EventPattern")).map(Map.Entry::getKey).collect(toSet()));
    }

    /** A receipt, and an event as it came, would be mailed to whoever subscribes. */
    @Test
    void nothingIsSentAnywhereWhenAnAlertWasCarriedOut() {
        assertEquals(Set.of("OnFailure"),
                ((Map<?, ?>) at(properties("AWS::Lambda::EventInvokeConfig").get("AlertInvocation"), "DestinationConfig")).keySet());
    }

    // --- Who may ------------------------------------------------------------------------------------------------------

    @Test
    void eventBridgeMayInvokeTheFunctionForTheseRulesOnly() {
        List<Map<?, ?>> permissions = properties("AWS::Lambda::Permission").values().stream()
                .filter(permission -> at(permission, "FunctionName").equals(Map.of("Ref", "AlertFunction"))).toList();

        assertEquals(Set.of(arnOf("SecurityAlertRule"), arnOf("SecurityHubRule"), arnOf("SecurityHubKeyRule")),
                permissions.stream().map(permission -> at(permission, "SourceArn")).collect(toSet()));
        permissions.forEach(permission -> {
            assertEquals("events.amazonaws.com", at(permission, "Principal"));
            assertEquals("lambda:InvokeFunction", at(permission, "Action"));
        });
    }

    @Test
    void onlyThoseNamedMayPutEventsAndOnlyOfOurSource() {
        Map<?, ?> policy = only("AWS::Events::EventBusPolicy");

        assertEquals(Map.of("Ref", "SecurityAlertBus"), at(policy, "EventBusName"));
        assertEquals(Map.of(
                "Effect", "Allow",
                "Principal", Map.of("AWS", Map.of("Fn::If", List.of("AlertPublishersAreGiven",
                        Map.of("Ref", "AlertPublishers"), List.of(Map.of("Ref", "AWS::AccountId"))))),
                "Action", "events:PutEvents",
                "Resource", arnOf("SecurityAlertBus"),
                "Condition", Map.of(
                        "ForAllValues:StringEquals", Map.of("events:source", SecurityAlert.SOURCE),
                        "Null", Map.of("events:source", "false"))),
                at(policy, "Statement"));
    }

    @Test
    void thoseWhoMayPutEventsCannotBeEverybody() {
        Pattern allowed = Pattern.compile((String) parameter("AlertPublishers", "AllowedPattern"));

        assertEquals("", parameter("AlertPublishers", "Default"));
        for (String named : List.of("", "111122223333", "arn:aws:iam::111122223333:root", "arn:aws:iam::111122223333:role/ops/alerts",
                "arn:aws-cn:iam::111122223333:user/alerts")) {
            assertTrue(allowed.matcher(named).matches(), named);
        }
        for (String open : List.of("*", "arn:aws:iam::*:root", "arn:aws:iam::111122223333:role/*", "arn:aws:iam::111122223333:*",
                "events.amazonaws.com", "1111222233334")) {
            assertFalse(allowed.matcher(open).matches(), open);
        }
    }

    // --- As EventBridge does it -----------------------------------------------------------------------------------------

    private static final Pattern VARIABLE = Pattern.compile("<([A-Za-z0-9_-]+)>");

    /**
     * What EventBridge makes of an event
     * (<a href="https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html">AWS</a>): a variable
     * outside quotes becomes the JSON value at its path. Inside quotes it would become bare text, not escaped, so there must be
     * none.
     */
    private static JsonNode transformed(String rule, JsonNode event) throws IOException {
        Object paths = at(target(rule), "InputTransformer", "InputPathsMap");
        assertTrue(Pattern.compile("\"[^\"]*\"").matcher(inputTemplate(rule)).results().map(MatchResult::group)
                .noneMatch(quoted -> VARIABLE.matcher(quoted).find()), "a variable inside quotes");
        String json = VARIABLE.matcher(inputTemplate(rule)).replaceAll(variable -> {
            JsonNode value = event.at(text(paths, variable.group(1)).substring(1).replaceAll("\\[([0-9]+)]", "/$1").replace('.', '/'));
            assertFalse(value.isMissingNode(), variable.group());
            return Matcher.quoteReplacement(value.toString());
        });
        return STRICT.readTree(json);
    }

    private static String inputTemplate(String rule) {
        return text(target(rule), "InputTransformer", "InputTemplate");
    }

    private static boolean matches(String rule, JsonNode event) {
        return matches((Map<?, ?>) at(rule(rule), "EventPattern"), event);
    }

    /** The part of event patterns that the rules use: values, {@code exists}, and an array that is any of its elements. */
    private static boolean matches(Map<?, ?> pattern, JsonNode event) {
        return pattern.entrySet().stream().allMatch(entry -> {
            JsonNode value = event.path((String) entry.getKey());
            if (entry.getValue() instanceof Map<?, ?> nested) {
                Stream<JsonNode> nodes = value.isArray() ? Stream.iterate(0, i -> i < value.size(), i -> i + 1).map(value::get)
                        : Stream.of(value);
                return nodes.anyMatch(node -> matches(nested, node));
            }
            return ((List<?>) entry.getValue()).stream().anyMatch(allowed -> allowed instanceof String text
                    ? text.equals(value.textValue())
                    : allowed.equals(Map.of("exists", value.isValueNode() && !value.isMissingNode())));
        });
    }

    private static Map<?, ?> rule(String name) {
        return (Map<?, ?>) at(properties("AWS::Events::Rule"), name);
    }

    /** The one target of a rule. */
    private static Map<?, ?> target(String rule) {
        assertEquals(1, ((List<?>) at(rule(rule), "Targets")).size(), rule);
        return (Map<?, ?>) at(rule(rule), "Targets", 0);
    }

    private static Map<String, List<String>> arnOf(String resource) {
        return Map.of("Fn::GetAtt", List.of(resource, "Arn"));
    }

    private static JsonNode event(String name) throws IOException {
        return STRICT.readTree(Path.of("src/test/resources/events", name + ".json").toFile());
    }

    private static JsonNode finding(JsonNode event) {
        return event.at("/detail/findings/0");
    }

    private static Set<String> fieldNames(JsonNode object) {
        Set<String> names = new TreeSet<>();
        object.fieldNames().forEachRemaining(names::add);
        return names;
    }
}
