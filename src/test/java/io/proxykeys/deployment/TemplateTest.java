package io.proxykeys.deployment;

import static io.proxykeys.deployment.Template.NO_VALUE;
import static io.proxykeys.deployment.Template.TEMPLATE;
import static io.proxykeys.deployment.Template.at;
import static io.proxykeys.deployment.Template.only;
import static io.proxykeys.deployment.Template.parameter;
import static io.proxykeys.deployment.Template.properties;
import static io.proxykeys.deployment.Template.text;
import static io.proxykeys.deployment.Template.values;
import static java.util.stream.Collectors.toCollection;
import static java.util.stream.Collectors.toMap;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.proxykeys.config.Settings;
import io.proxykeys.config.TokenSettings;
import io.proxykeys.harness.Postgres;
import io.proxykeys.http.Route;
import io.smallrye.config.ConfigMappings.ConfigClass;
import java.io.IOException;
import java.io.InputStream;
import java.io.Reader;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What {@code template.yaml} deploys is what the code serves and reads: routes, scopes, permissions and variables. */
class TemplateTest {

    private static final Properties APPLICATION = application();

    @Test
    void theTemplatesRoutesAndScopesAreExactlyThoseOfTheCode() {
        List<String> deployed = properties("AWS::ApiGatewayV2::Route").values().stream()
                .map(route -> text(route, "RouteKey") + (route.containsKey("AuthorizationScopes")
                        ? " " + at(route, "AuthorizationScopes", "Fn::If", 1) : ""))
                .sorted().toList();
        List<String> served = Stream.of(Route.values())
                .map(route -> route.method() + " " + route.path()
                        + route.scope().map(scope -> " " + Stream.of(scope.split(" ", -1))
                                .map(one -> Map.of("Fn::Sub", "${JwtScopePrefix}" + one)).toList()).orElse(""))
                .sorted().toList();

        assertEquals(served, deployed);
    }

    @Test
    void everyRouteIsOneMethodAndOneStaticPath() {
        properties("AWS::ApiGatewayV2::Route").forEach((name, route) -> {
            String key = text(route, "RouteKey");
            assertFalse(key.contains("{"), key);
            assertFalse(key.contains("$default"), key);
            assertTrue(key.matches("(GET|POST|PUT|PATCH|DELETE) (/[a-z0-9_-]+)+"), key);
        });
    }

    @Test
    void nothingButTheRoutesLeadsFromTheInternetToTheFunction() {
        Set<String> types = values(at(TEMPLATE, "Resources")).map(resource -> text(resource, "Type"))
                .collect(toCollection(TreeSet::new));
        types.removeIf(type -> !type.matches("AWS::(ApiGateway.*|Serverless|Lambda|ElasticLoadBalancingV2)::.*"));

        assertEquals(new TreeSet<>(Set.of("AWS::ApiGatewayV2::Api", "AWS::ApiGatewayV2::ApiMapping",
                "AWS::ApiGatewayV2::Authorizer", "AWS::ApiGatewayV2::DomainName", "AWS::ApiGatewayV2::Integration",
                "AWS::ApiGatewayV2::Route", "AWS::ApiGatewayV2::Stage",
                "AWS::Lambda::EventInvokeConfig", "AWS::Lambda::Permission", "AWS::Serverless::Function")), types);
        assertEquals(Set.of("Name", "ProtocolType", "DisableExecuteApiEndpoint", "CorsConfiguration", "Tags"),
                only("AWS::ApiGatewayV2::Api").keySet());
        for (Map<?, ?> function : List.of(function(), Template.function("AlertFunction"))) {
            assertFalse(function.containsKey("FunctionUrlConfig"));
            assertFalse(function.containsKey("Events"));
        }
    }

    @Test
    void theGatewayMayInvokeTheFunctionForTheRoutesOfTheCodeOnly() {
        List<String> allowed = properties("AWS::Lambda::Permission").values().stream()
                .filter(permission -> at(permission, "Principal").equals("apigateway.amazonaws.com"))
                .map(permission -> text(permission, "SourceArn", "Fn::Sub")).sorted().toList();
        List<String> served = Stream.of(Route.values())
                .map(route -> "arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${HttpApi}/$default/"
                        + route.method() + route.path())
                .sorted().toList();

        assertEquals(served, allowed);
    }

    @Test
    void theAuthorizerLocksEveryRouteWithATokenUnlessItIsSwitchedOff() {
        Map<String, Map<?, ?>> routes = new HashMap<>(properties("AWS::ApiGatewayV2::Route"));
        routes.remove("GithubReportRoute");
        routes.forEach((name, route) -> {
            assertEquals(List.of("GatewayAuthorizerIsUsed", "JWT", "NONE"), at(route, "AuthorizationType", "Fn::If"), name);
            assertEquals(List.of("GatewayAuthorizerIsUsed", Map.of("Ref", "JwtAuthorizer"), NO_VALUE),
                    at(route, "AuthorizerId", "Fn::If"), name);
            assertEquals("GatewayChecksScopes", at(route, "AuthorizationScopes", "Fn::If", 0), name);
            assertEquals(NO_VALUE, at(route, "AuthorizationScopes", "Fn::If", 2), name);
        });
        assertEquals(List.of(Map.of("Ref", "UseGatewayAuthorizer"), "true"),
                at(TEMPLATE, "Conditions", "GatewayAuthorizerIsUsed", "Fn::Equals"));
        assertEquals(List.of(Map.of("Condition", "GatewayAuthorizerIsUsed"), Map.of("Fn::Equals", List.of(Map.of("Ref", "JwtScopeClaim"),
                ""))),
                at(TEMPLATE, "Conditions", "GatewayChecksScopes", "Fn::And"));
        assertEquals("true", parameter("UseGatewayAuthorizer", "Default"));
        assertEquals("GatewayAuthorizerIsUsed", at(TEMPLATE, "Resources", "JwtAuthorizer", "Condition"));
    }

    @Test
    void gitHubsReportsHaveARouteAndALimitOfTheirOwnOnlyWhereTheyAreServed() {
        Map<?, ?> route = properties("AWS::ApiGatewayV2::Route").get("GithubReportRoute");

        assertEquals("NONE", route.get("AuthorizationType"));
        assertFalse(route.containsKey("AuthorizerId"));
        for (String resource : List.of("GithubReportRoute", "GithubReportPermission")) {
            assertEquals("GithubReportsAreServed", at(TEMPLATE, "Resources", resource, "Condition"), resource);
        }
        assertEquals(List.of(Map.of("Fn::Equals", List.of(Map.of("Ref", "GithubKeysLocation"), ""))),
                at(TEMPLATE, "Conditions", "GithubReportsAreServed", "Fn::Not"));
        assertEquals(Set.of(text(route, "RouteKey")),
                ((Map<?, ?>) at(only("AWS::ApiGatewayV2::Stage"), "RouteSettings", "Fn::If", 1)).keySet());
        assertEquals("GithubReportRoute", at(TEMPLATE, "Resources", "Stage", "DependsOn"));
    }

    @Test
    void theGatewayAndTheFunctionAskForTheSameIssuerAudiencesAndClientIds() {
        Object asked = at(only("AWS::ApiGatewayV2::Authorizer"), "JwtConfiguration");

        assertEquals(variable("MP_JWT_VERIFY_ISSUER"), at(asked, "Issuer"));
        assertEquals(List.of(",", Map.of("Fn::Join", List.of("", List.of(variable("MP_JWT_VERIFY_AUDIENCES"),
                Map.of("Fn::If", List.of("AudiencesAndClientIdsAreSet", ",", "")), variable("PROXY_KEYS_TOKEN_CLIENT_IDS"))))),
                at(asked, "Audience", "Fn::Split"));
        List<?> set = (List<?>) at(TEMPLATE, "Conditions", "AudiencesAndClientIdsAreSet", "Fn::And");
        assertEquals(List.of("JwtAudiences", "JwtClientIds"), set.stream()
                .map(each -> at(each, "Fn::Not", 0, "Fn::Equals", 0, "Fn::Join", 1, "Ref")).toList());
    }

    @Test
    void pathAndEventReachTheFunctionInTheFormItReads() {
        Map<?, ?> integration = only("AWS::ApiGatewayV2::Integration");

        assertEquals("$default", at(only("AWS::ApiGatewayV2::Stage"), "StageName"));
        assertEquals("2.0", at(integration, "PayloadFormatVersion"));
        assertEquals("AWS_PROXY", at(integration, "IntegrationType"));
        assertEquals(Map.of("Fn::GetAtt", List.of("Function", "Arn")), at(integration, "IntegrationUri"));
        properties("AWS::ApiGatewayV2::Route").forEach((name, route) -> assertEquals(Map.of("Fn::Sub", "integrations/${Integration}"), at(
                route, "Target"), name));
    }

    @Test
    void theDatabaseGivesUpBeforeTheFunctionAndTheFunctionBeforeTheGateway() {
        int statement = Postgres.shared().one(Integer.class, """
                SELECT extract(epoch FROM current_setting('statement_timeout')::interval)::int
                  FROM (SELECT set_transaction_promises()) promised""") * 1000;
        int function = (int) at(function(), "Timeout") * 1000;

        assertTrue(statement < function, statement + " ms, " + function + " ms");
        assertTrue(function < (int) at(only("AWS::ApiGatewayV2::Integration"), "TimeoutInMillis"), function + " ms");
    }

    /** Fifteen minutes are the most that Lambda has: an alert deletes what is too large for a call. */
    @Test
    void anAlertHasAllTheTimeThereIs() {
        assertEquals(900, Template.function("AlertFunction").get("Timeout"));
    }

    /** The same archive with the same settings: what an alert deletes is what a call would. */
    @Test
    void theTwoFunctionsDifferInNothingButWhatTheyServe() {
        Map<String, Object> calls = Template.function("Function");
        Map<String, Object> alerts = Template.function("AlertFunction");

        assertEquals(Set.of("Function", "AlertFunction"), properties("AWS::Serverless::Function").keySet());
        for (String property : List.of("Description", "ReservedConcurrentExecutions", "Timeout")) {
            assertFalse(calls.remove(property).equals(alerts.remove(property)), property);
        }
        assertEquals(calls, alerts);
    }

    @Test
    void theConnectionsOfTheFunctionAreBounded() {
        assertEquals(Map.of("Ref", "AlertReservedConcurrentExecutions"),
                at(Template.function("AlertFunction"), "ReservedConcurrentExecutions"));
        assertTrue((int) parameter("AlertReservedConcurrentExecutions", "MinValue") > 0);
        assertEquals(Map.of("Ref", "ReservedConcurrentExecutions"), at(function(), "ReservedConcurrentExecutions"));
        assertTrue((int) parameter("ReservedConcurrentExecutions", "MinValue") > 0);
        assertEquals("1", APPLICATION.getProperty("quarkus.datasource.reactive.max-size"));
    }

    @Test
    void everyVariableNamesASettingThatExists() throws IOException {
        Set<String> unknown = new TreeSet<>(variables().keySet());
        unknown.removeAll(quarkusRuntimeVariables());
        Stream.of(Settings.class, TokenSettings.class)
                .flatMap(settings -> ConfigClass.configClass(settings).getProperties().keySet().stream())
                .map(TemplateTest::variableOf).forEach(unknown::remove);
        unknown.remove("DISABLE_SIGNAL_HANDLERS");

        assertEquals(Set.of(), unknown);
    }

    @Test
    void theLimitsAreThoseOfTheCodeUnlessTheyAreChanged() {
        Map<String, String> defaults = ConfigClass.configClass(Settings.class).getProperties();
        List<String> limits = defaults.keySet().stream()
                .filter(property -> property.startsWith("proxy-keys.limit.") && property.endsWith(".per-minute")).sorted().toList();
        assertFalse(limits.isEmpty());
        for (String property : limits) {
            String parameter = (String) at(variable(variableOf(property)), "Ref");
            assertEquals(defaults.get(property), parameter(parameter, "Default").toString(), property);
        }
    }

    @Test
    void theDatabaseHasToProveWhoItIs() {
        assertTrue(text(variable("QUARKUS_DATASOURCE_REACTIVE_URL"), "Fn::Sub").endsWith("?sslmode=verify-full"));
        Pattern host = Pattern.compile((String) parameter("DatabaseHost", "AllowedPattern"));
        for (String good : List.of("db.example.com", "db.example.com:6432", "localhost")) {
            assertTrue(host.matcher(good).matches(), good);
        }
        for (String bad : List.of("", "db.example.com:", "db.example.com/keys", "postgresql://db", "u@db", "a,b", "db:5432:5432")) {
            assertFalse(host.matcher(bad).matches(), bad);
        }
    }

    @Test
    void theRoleMayWriteItsOwnLogKeepFailedAlertsAndAttachToTheVpcOnly() {
        Map<?, ?> role = only("AWS::IAM::Role");
        Map<Object, Set<Object>> allowed = ((List<?>) at(role, "Policies")).stream()
                .flatMap(policy -> ((List<?>) at(policy, "PolicyDocument", "Statement")).stream())
                .filter(statement -> at(statement, "Effect").equals("Allow"))
                .collect(toMap(statement -> at(statement, "Resource"),
                        statement -> Set.copyOf((List<?>) at(statement, "Action"))));

        assertEquals(Map.of(
                Map.of("Fn::GetAtt", List.of("FunctionLogGroup", "Arn")),
                Set.of("logs:CreateLogStream", "logs:PutLogEvents"),
                Map.of("Fn::GetAtt", List.of("AlertFailureQueue", "Arn")), Set.of("sqs:SendMessage"),
                "*",
                Set.of("ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets",
                        "ec2:DeleteNetworkInterface", "ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses")),
                allowed);
        assertFalse(role.containsKey("ManagedPolicyArns"));
        assertFalse(function().containsKey("Policies"));
        assertEquals(Map.of("Fn::GetAtt", List.of("FunctionRole", "Arn")), at(function(), "Role"));
    }

    @Test
    void theAccessLogIsJsonWithoutAnythingThatTheCallerKeepsSecret() throws IOException {
        JsonNode entry = new ObjectMapper().readTree(text(only("AWS::ApiGatewayV2::Stage"), "AccessLogSettings", "Format"));

        assertEquals("$context.integration.requestId", entry.get("functionRequestId").textValue(), "the X-Request-Id of the answer");
        assertEquals("$context.identity.userAgent", entry.get("userAgent").textValue());
        // Of the token the subject alone, to find out who called.
        assertEquals("$context.authorizer.claims.sub", ((ObjectNode) entry).remove("sub").textValue());
        entry.forEach(value -> assertFalse(value.textValue().matches("(?i).*(header|query|path|claims|principal).*"),
                value.toString()));
    }

    @Test
    void theOutputNamesTheUrlOfDeleteAll() {
        assertEquals(Map.of("Fn::If", List.of("DomainIsUsed", Map.of("Fn::Sub", "https://${DomainName}" + Route.DELETE_ALL.path()),
                Map.of("Fn::Sub", "${HttpApi.ApiEndpoint}" + Route.DELETE_ALL.path()))), at(TEMPLATE, "Outputs", "DeleteAllUrl", "Value"));
    }

    private static Map<?, ?> function() {
        return Template.function("Function");
    }

    private static Map<String, Object> variables() {
        Map<String, Object> variables = new TreeMap<>();
        ((Map<?, ?>) at(function(), "Environment", "Variables")).forEach((name, value) -> variables.put((String) name, value));
        return variables;
    }

    private static Object variable(String name) {
        return at(function(), "Environment", "Variables", name);
    }

    private static String variableOf(String property) {
        return property.replaceAll("[^A-Za-z0-9]", "_").toUpperCase(Locale.ROOT);
    }

    /** The variables that the extensions on the class path document themselves, of settings that are read at the start. */
    private static Set<String> quarkusRuntimeVariables() throws IOException {
        Set<String> variables = new TreeSet<>();
        for (URL model : Collections.list(TemplateTest.class.getClassLoader()
                .getResources("META-INF/quarkus-config-doc/quarkus-config-model.json"))) {
            try (InputStream document = model.openStream()) {
                for (JsonNode setting : new ObjectMapper().readTree(document).findParents("phase")) {
                    if (setting.get("phase").textValue().equals("RUN_TIME")) {
                        variables.add(setting.path("path").path("environmentVariable").asText());
                    }
                }
            }
        }
        return variables;
    }

    private static Properties application() {
        try (Reader file = Files.newBufferedReader(Path.of("src/main/resources/application.properties"))) {
            Properties properties = new Properties();
            properties.load(file);
            return properties;
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
