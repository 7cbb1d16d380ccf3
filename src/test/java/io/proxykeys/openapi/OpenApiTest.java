package io.proxykeys.openapi;

import static java.util.stream.Collectors.toCollection;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.proxykeys.harness.Accounts;
import io.proxykeys.harness.Api;
import io.proxykeys.harness.Harness;
import io.proxykeys.harness.Issuer;
import io.proxykeys.harness.Postgres;
import io.proxykeys.harness.WireTap.Fault;
import io.proxykeys.http.Route;
import io.proxykeys.problem.Problem;
import io.proxykeys.problem.ProblemException;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import io.restassured.specification.RequestSpecification;
import java.io.IOException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** {@code META-INF/openapi.yaml} says what the code does: no route, scope, status or field more or less. */
@QuarkusTest
@WithTestResource(Harness.class)
class OpenApiTest {

    private static final Description DESCRIPTION = Description.read();
    /** What only GitHub can call is none of the API's. */
    private static final String NOT_DESCRIBED = "GITHUB_REPORT";
    private static final Set<Route> ALL = EnumSet.complementOf(EnumSet.of(Route.valueOf(NOT_DESCRIBED)));
    private static final Set<Route> WITH_KEY = EnumSet.of(Route.REMOVE, Route.TOGGLE, Route.LOOKUP, Route.UPDATE);
    private static final Set<Route> WITH_LIST = EnumSet.of(Route.REMOVE, Route.SUSPEND, Route.ROTATE);
    private static final Set<Route> WITH_BODY = with(WITH_KEY, Route.CREATE, Route.RECREATE, Route.SUSPEND, Route.RESUME, Route.ROTATE);
    private static final Set<Route> DELETIONS = EnumSet.of(Route.DELETE_ALL, Route.DELETE_ALL_ALIAS);
    private static final Set<Route> WITH_RECEIPT = with(DELETIONS, Route.REMOVE);
    private static final Set<Route> WITH_IDEMPOTENCY_KEY = with(WITH_RECEIPT, Route.SUSPEND);
    /** 10 calls a minute. */
    private static final Set<Route> SELDOM = with(DELETIONS, Route.RECREATE, Route.SUSPEND, Route.RESUME, Route.ROTATE);
    private static final Set<Route> LIMITED = with(SELDOM, Route.REMOVE, Route.CREATE, Route.LOOKUP, Route.UPDATE);
    private static final Set<Route> ALLOCATING = EnumSet.of(Route.CREATE, Route.UPDATE, Route.RECREATE);
    private static final String PROBLEM = "/content/" + Description.escaped(Problem.MEDIA_TYPE);

    /** Which routes answer with a refusal, by the name of its factory in {@link ProblemException}. */
    private static final Map<String, Set<Route>> REFUSALS = Map.ofEntries(
            Map.entry("notFound", ALL),
            Map.entry("unauthenticated", ALL),
            Map.entry("invalidToken", ALL),
            Map.entry("insufficientScope", ALL),
            Map.entry("malformed", ALL),
            Map.entry("bodyTooLarge", WITH_BODY),
            Map.entry("notJson", WITH_BODY),
            Map.entry("invalidField", WITH_BODY),
            Map.entry("foreignKey", with(WITH_KEY, Route.ROTATE)),
            Map.entry("unknownKey", with(WITH_KEY, Route.ROTATE)),
            Map.entry("unknownKeys", EnumSet.of(Route.ROTATE)),
            Map.entry("unknownSuspension", EnumSet.of(Route.RESUME)),
            Map.entry("unknownReceipt", EnumSet.of(Route.RECEIPT, Route.RECREATE)),
            Map.entry("idempotencyKeyReused", WITH_IDEMPOTENCY_KEY),
            Map.entry("tooManyRequests", LIMITED),
            Map.entry("insufficientBalance", ALLOCATING),
            Map.entry("newKeysBlocked", with(ALLOCATING, Route.TOGGLE, Route.RESUME, Route.ROTATE)),
            Map.entry("alreadyRecreated", EnumSet.of(Route.RECREATE)),
            Map.entry("tooManyKeys", EnumSet.of(Route.RECREATE)),
            Map.entry("unavailable", ALL),
            Map.entry("tooLarge", DELETIONS),
            Map.entry("outcomeUnknown", with(WITH_RECEIPT, Route.TOGGLE, Route.UPDATE, Route.RECREATE, Route.RESUME, Route.ROTATE)),
            Map.entry("suspensionUnknown", EnumSet.of(Route.SUSPEND)),
            Map.entry("creationUnknown", EnumSet.of(Route.CREATE)),
            Map.entry("invalidSignature", EnumSet.of(Route.GITHUB_REPORT)),
            Map.entry("leaksNotRevoked", EnumSet.of(Route.GITHUB_REPORT)),
            Map.entry("internal", ALL));

    @AfterEach
    void healTheWire() {
        Harness.tap().reset();
        Harness.tap().closeConnections();
    }

    // --- The description and the code --------------------------------------------------------------------------------

    @Test
    void everyTypeOfProblemIsInTheListForAccountHolders() throws IOException {
        String list = Files.readString(Path.of("src/docs/account-holder.md"));

        assertEquals(List.of(), Pattern.compile("(?:TYPE \\+ |\\d{3}, )\"([a-z-]+)\"")
                .matcher(Files.readString(Path.of("src/main/java/io/proxykeys/problem/ProblemException.java"))).results()
                .map(type -> "`" + type.group(1) + "`").filter(type -> !list.contains(type)).toList());
    }

    @Test
    void theRoutesAndTheirScopesAreExactlyThoseOfTheCode() {
        Set<String> described = new TreeSet<>();
        DESCRIPTION.paths().forEachEntry((path, operations) -> operations.forEachEntry((method, operation) -> described.add(method
                .toUpperCase(Locale.ROOT) + " " + path + " " + operation.get("security"))));

        assertEquals(ALL.stream()
                .map(route -> route.method() + " " + route.path() + " [{\"accessToken\":[\"" + route.scope().orElseThrow().replace(" ",
                        "\",\"") + "\"]}]")
                .collect(toCollection(TreeSet::new)), described);
        for (Route route : ALL) {
            assertTrue(DESCRIPTION.at(Description.operation(route) + "/description").textValue()
                    .startsWith("Needs the scope `" + route.scope().orElseThrow().replace(" ", "` and `") + "`."), route.name());
        }
    }

    @Test
    void theVersionIsThatOfTheProject() throws IOException {
        Matcher project = Pattern.compile("<artifactId>proxy-keys</artifactId>\\s*<version>([0-9.]+)(-SNAPSHOT)?</version>")
                .matcher(Files.readString(Path.of("pom.xml")));

        assertTrue(project.find());
        assertEquals(project.group(1), DESCRIPTION.at("/info/version").textValue());
    }

    /** A client that was made of it has to survive the next value, and an interface must not fill in what deletes. */
    @Test
    void answersAreOpenAndNothingIsFilledIn() {
        for (Route route : ALL) {
            String body = Description.operation(route) + "/requestBody/content/application~1json";
            assertTrue(route == Route.CREATE || DESCRIPTION.document().at(body + "/examples").isMissingNode(), route.name());
        }
        DESCRIPTION.document().at("/components/parameters").forEach(parameter -> assertFalse(parameter.has("example"), parameter
                .toString()));
        Set<String> closed = new TreeSet<>();
        DESCRIPTION.document().at("/components/schemas").properties().forEach(schema -> {
            if (!schema.getValue().findParents("enum").isEmpty() || !schema.getValue().findParents("const").isEmpty()) {
                closed.add(schema.getKey());
            }
        });
        assertEquals(Set.of(), closed);
    }

    @Test
    void everyRefusalOfTheCodeHasItsRoutes() {
        assertEquals(factories().keySet(), new TreeSet<>(REFUSALS.keySet()));
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = NOT_DESCRIBED)
    void theStatusesOfARouteAreThoseItCanAnswer(Route route) throws Exception {
        Set<String> answered = new TreeSet<>(Set.of("200", "default"));
        for (Map.Entry<String, Method> factory : factories().entrySet()) {
            if (REFUSALS.get(factory.getKey()).contains(route)) {
                answered.add(Integer.toString(refusal(factory.getValue(), route).problem().status()));
            }
        }

        assertEquals(answered, DESCRIPTION.names(Description.operation(route) + "/responses"));
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = NOT_DESCRIBED)
    void everyRefusalOfARouteHasAnExampleAsItIsWorded(Route route) throws Exception {
        for (Map.Entry<String, Method> factory : factories().entrySet()) {
            if (!REFUSALS.get(factory.getKey()).contains(route)) {
                continue;
            }
            ProblemException refusal = refusal(factory.getValue(), route);
            String response = DESCRIPTION.response(route, refusal.problem().status());
            JsonNode expected = Api.json(io.proxykeys.http.Response.of(refusal).body());
            // These are worded by their callers; real answers are compared below.
            boolean worded = !Set.of("malformed", "invalidField").contains(factory.getKey());
            assertTrue(DESCRIPTION.examples(response + PROBLEM).stream().anyMatch(example -> worded
                    ? sameProblem(expected, example) : expected.get("type").equals(example.get("type"))),
                    () -> response + " has no example " + expected);
            refusal.headers().keySet().forEach(header -> assertTrue(DESCRIPTION.names(response + "/headers").contains(header), response
                    + " " + header));
        }
    }

    @Test
    void everyExampleFitsItsSchema() {
        int examples = assertExamplesFit("");

        assertTrue(examples > 50, examples + " examples");
    }

    @Test
    void everyReferenceLeadsSomewhereAndEveryComponentIsUsed() {
        Set<String> used = new TreeSet<>();
        DESCRIPTION.document().findValues("$ref").forEach(reference -> {
            DESCRIPTION.at(reference.textValue().substring(1));
            used.add(reference.textValue());
        });

        for (String kind : List.of("parameters", "headers", "schemas", "responses", "examples")) {
            DESCRIPTION.names("/components/" + kind).forEach(name -> assertTrue(used.contains("#/components/" + kind + "/" + name), kind
                    + "/" + name));
        }
    }

    @Test
    void thePagesOfDevelopmentAreNotServedAnywhereElse() {
        for (String page : List.of("/q/openapi", "/q/swagger-ui", "/q/swagger-ui/", "/openapi.yaml")) {
            Api.withoutToken().get(page).then().statusCode(404).contentType(Problem.MEDIA_TYPE);
        }
    }

    // --- The description and real answers ----------------------------------------------------------------------------

    @Test
    void listsAreAsDescribed() {
        String account = Accounts.open("250");
        described(Route.LIST, 200, Api.list(account));
        Accounts.createFiveKeys(account);
        described(Route.LIST, 200, Api.list(account));

        worded(Route.LIST, 400, Api.as(account).get(Api.PROXY + "?page=1"));
        Api.suspend(account, "?name_prefix=un").then().statusCode(200);
        Api.rotate(account, Accounts.secret(account, "partly used"), 60).then().statusCode(200);
        described(Route.LIST, 200, Api.as(account).get(Api.PROXY + "?status=suspended&name_prefix=un"));
        described(Route.LIST, 200, Api.list(account));
    }

    @Test
    void aPageOfALongListIsAsDescribed() {
        String account = Accounts.open("1");
        Postgres.shared().execute("""
                INSERT INTO proxy_key (id, account_id, name, secret_hash, allocated)
                SELECT 'ek-proxy-' || a.id || n, a.id, 'key', sha256((a.id || n)::bytea), 0
                  FROM account a, generate_series(1, 15001) n WHERE a.id = ?""", account);

        Response first = described(Route.LIST, 200, Api.list(account));
        assertNotNull(first.header("Link"));
        Response last = described(Route.LIST, 200, Api.as(account).get(first.header("Link").replaceAll("<(.*)>.*", "$1")));
        assertEquals("15001", last.header("X-Total-Count"));

        String id = Api.json(described(Route.DELETE_ALL, 200, Api.deleteAll(account))).get("revocation_id").textValue();
        assertNotNull(described(Route.RECEIPT, 200, Api.as(account).get(Route.RECEIPT.path() + "?id=" + id)).header("Link"));
    }

    @Test
    void previewsAreAsDescribed() {
        String account = Accounts.open("250");
        Accounts.createFiveKeys(account);
        for (String query : List.of("", "?status=expired", "?status=suspended", "?name_prefix=un")) {
            described(Route.PREVIEW, 200, Api.preview(account, query));
        }

        worded(Route.PREVIEW, 400, Api.preview(account, "?status=Expired"));
    }

    @Test
    void deletingAllIsAsDescribed() {
        String account = Accounts.open("250");
        Accounts.createFiveKeys(account);
        Response first = described(Route.DELETE_ALL, 200, Api.deleteAll(account, "first"));
        Response replay = described(Route.DELETE_ALL, 200, Api.deleteAll(account, "first"));
        assertEquals(first.asString(), replay.asString());
        assertEquals("true", replay.header("Idempotency-Replayed"));

        worded(Route.DELETE_ALL, 400, Api.as(account).delete(Api.PROXY + "?status="));
        worded(Route.DELETE_ALL, 400, Api.deleteAll(account, "a,b"));
        worded(Route.DELETE_ALL, 422, Api.as(account).header("Idempotency-Key", "first").delete(Api.PROXY + "?status=expired"));
        Accounts.payInAdvance(account, "delete-all", 60);
        described(Route.DELETE_ALL, 429, Api.deleteAll(account));
    }

    @Test
    void deletingOneIsAsDescribed() {
        String account = Accounts.open("100");
        String key = Accounts.createKey(account, "key", "10");
        String foreign = Accounts.createKey(Accounts.open("10"), "key", "10");
        described(Route.REMOVE, 200, Api.remove(account, key, "first"));
        assertEquals("true", described(Route.REMOVE, 200, Api.remove(account, key, "first")).header("Idempotency-Replayed"));

        worded(Route.REMOVE, 400, Api.remove(account, key, "a,b"));
        worded(Route.REMOVE, 422, Api.remove(account, foreign, "first"));
        assertRefusesBodies(Route.REMOVE, account, foreign);
        worded(Route.REMOVE, 422, json(account).body("{\"proxy_keys\":[]}").post(Route.REMOVE.path()));
        worded(Route.REMOVE, 422, json(account).body("{\"proxy_key\":\"a\",\"proxy_keys\":[\"a\"]}").post(Route.REMOVE.path()));
        described(Route.REMOVE, 200, Api.removeAll(account, List.of(Accounts.createKey(account, "other", "10"), foreign), "several"));
        described(Route.RECEIPTS, 200, Api.receipts(account, ""));
        Accounts.payInAdvance(account, "remove", 120);
        described(Route.REMOVE, 429, Api.remove(account, key));
    }

    @Test
    void suspendingAndResumingAreAsDescribed() {
        String account = Accounts.open("250");
        List<String> ids = Accounts.createFiveKeys(account);
        Response first = described(Route.SUSPEND, 200, Api.suspend(account, "?name_prefix=un", "first"));
        assertEquals("true", described(Route.SUSPEND, 200, Api.suspend(account, "?name_prefix=un", "first")).header(
                "Idempotency-Replayed"));
        described(Route.SUSPEND, 200, Api.suspendNamed(account, ids));
        described(Route.RESUME, 200, Api.resume(account, Api.json(first).get("suspension_id").textValue()));

        String suspend = Route.SUSPEND.path();
        worded(Route.SUSPEND, 400, Api.suspend(account, "?status="));
        worded(Route.SUSPEND, 400, json(account).body("[]").post(suspend));
        worded(Route.SUSPEND, 400, Api.suspend(account, "", "a,b"));
        worded(Route.SUSPEND, 413, json(account).body(" ".repeat(330_000)).post(suspend));
        worded(Route.SUSPEND, 415, Api.as(account).contentType("text/plain").body("{}").post(suspend));
        worded(Route.SUSPEND, 422, json(account).body("{}").post(suspend));
        worded(Route.SUSPEND, 422, json(account).body("{\"proxy_keys\":[]}").post(suspend));
        worded(Route.SUSPEND, 422, json(account).body("{\"proxy_keys\":[\"a\"]}").post(suspend + "?status=expired"));
        worded(Route.SUSPEND, 422, Api.suspend(account, "", "first"));
        String resume = Route.RESUME.path();
        worded(Route.RESUME, 400, json(account).body("[]").post(resume));
        worded(Route.RESUME, 400, json(account).body("{\"suspension_id\":\"a\"}").post(resume + "?a=b"));
        worded(Route.RESUME, 404, Api.resume(account, UUID.randomUUID().toString()));
        worded(Route.RESUME, 413, json(account).body(" ".repeat(9000)).post(resume));
        worded(Route.RESUME, 415, Api.as(account).contentType("text/plain").body("{}").post(resume));
        worded(Route.RESUME, 422, json(account).body("{}").post(resume));
        Accounts.block(account, 900);
        described(Route.RESUME, 409, Api.resume(account, Api.json(first).get("suspension_id").textValue()));
        Accounts.payInAdvance(account, "suspend", 120);
        described(Route.SUSPEND, 429, Api.suspend(account, ""));
        described(Route.RESUME, 429, Api.resume(account, UUID.randomUUID().toString()));
    }

    @Test
    void rotatingIsAsDescribed() {
        String account = Accounts.open("250");
        List<String> ids = Accounts.createFiveKeys(account);
        String foreign = Accounts.createKey(Accounts.open("10"), "key", "10");
        described(Route.ROTATE, 200, Api.rotate(account, ids.get(0), 0));
        described(Route.ROTATE, 200, Api.rotateAll(account, ids, 60));

        String path = Route.ROTATE.path();
        worded(Route.ROTATE, 400, json(account).body("[]").post(path));
        worded(Route.ROTATE, 400, json(account).body("{\"proxy_key\":\"a\"}").post(path + "?a=b"));
        worded(Route.ROTATE, 403, Api.rotate(account, foreign, 0));
        worded(Route.ROTATE, 404, Api.rotate(account, "ek-proxy-nothing", 0));
        worded(Route.ROTATE, 404, Api.rotateAll(account, List.of(ids.get(0), foreign, ids.get(1), "ek-proxy-nothing"), 0));
        worded(Route.ROTATE, 413, json(account).body(" ".repeat(330_000)).post(path));
        worded(Route.ROTATE, 415, Api.as(account).contentType("text/plain").body("{}").post(path));
        worded(Route.ROTATE, 422, json(account).body("{}").post(path));
        worded(Route.ROTATE, 422, json(account).body("{\"proxy_keys\":[]}").post(path));
        worded(Route.ROTATE, 422, json(account).body("{\"proxy_key\":\"a\",\"proxy_keys\":[\"a\"]}").post(path));
        worded(Route.ROTATE, 422, Api.rotate(account, ids.get(0), 604_801));
        worded(Route.ROTATE, 422, Api.rotateAll(account, List.of(ids.get(4), Accounts.secret(account, "fully used")), 0));
        Accounts.block(account, 900);
        described(Route.ROTATE, 409, Api.rotate(account, ids.get(0), 0));
        Accounts.payInAdvance(account, "rotate", 120);
        described(Route.ROTATE, 429, Api.rotate(account, ids.get(0), 0));
    }

    @Test
    void togglingIsAsDescribed() {
        String account = Accounts.open("100");
        String key = Accounts.createKey(account, "key", "10");
        described(Route.TOGGLE, 200, Api.toggle(account, key));
        described(Route.TOGGLE, 200, Api.toggle(account, key, true));

        worded(Route.TOGGLE, 422, json(account).body("{\"proxy_key\":\"" + key + "\",\"is_active\":1}").post(Route.TOGGLE.path()));
        assertRefusesBodies(Route.TOGGLE, account, Accounts.createKey(Accounts.open("10"), "key", "10"));
    }

    @Test
    void receiptsAreAsDescribed() {
        String account = Accounts.open("250");
        described(Route.RECEIPTS, 200, Api.receipts(account, ""));
        Accounts.createFiveKeys(account);
        String id = Api.json(Api.deleteAll(account)).get("revocation_id").textValue();
        described(Route.RECEIPTS, 200, Api.receipts(account, ""));

        worded(Route.RECEIPTS, 400, Api.receipts(account, "?page=1"));
        // For older clients, and so not described: the same as at the other path.
        assertEquals(Api.as(account).get(Route.RECEIPT.path() + "?id=" + id).asString(), Api.receipts(account, "?id=" + id).asString());
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = NOT_DESCRIBED)
    void refusedCallersAreAnsweredAsDescribed(Route route) {
        worded(route, 401, call(route, Api.withoutToken()));
        worded(route, 401, call(route, Api.with("ek-proxy-none")));
        worded(route, 401, call(route, Api.as("nobody-" + UUID.randomUUID())));
        worded(route, 403, call(route, Api.with(Issuer.shared().token(Accounts.open("1"), "openid"))));
        worded(route, 404, Api.as("a").request(route.method(), route.path() + "/"));
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = NOT_DESCRIBED)
    void anUnreachableDatabaseIsAnsweredAsDescribed(Route route) {
        String account = Accounts.open("1");
        Harness.tap().fault(Fault.REFUSE);
        Harness.tap().closeConnections();

        worded(route, 503, call(route, Api.as(account)));
    }

    @Test
    void oneReceiptIsAsDescribed() {
        String account = Accounts.open("250");
        Accounts.createFiveKeys(account);
        String id = Api.json(Api.deleteAll(account)).get("revocation_id").textValue();
        Response one = described(Route.RECEIPT, 200, Api.as(account).get(Route.RECEIPT.path() + "?id=" + id));
        assertEquals(5, Api.json(one).get("keys").size());

        worded(Route.RECEIPT, 400, Api.as(account).get(Route.RECEIPT.path()));
        worded(Route.RECEIPT, 404, Api.as(account).get(Route.RECEIPT.path() + "?id=" + UUID.randomUUID()));
    }

    @Test
    void deletingAllAtTheOtherPathIsAsDescribed() {
        String account = Accounts.open("250");
        Accounts.createFiveKeys(account);
        described(Route.DELETE_ALL_ALIAS, 200, Api.as(account).delete(Route.DELETE_ALL_ALIAS.path() + "?status=expired"));
        described(Route.DELETE_ALL_ALIAS, 200, Api.as(account).delete(Route.DELETE_ALL_ALIAS.path()));

        worded(Route.DELETE_ALL_ALIAS, 400, Api.as(account).delete(Route.DELETE_ALL_ALIAS.path() + "?status="));
        Accounts.payInAdvance(account, "delete-all", 60);
        described(Route.DELETE_ALL_ALIAS, 429, Api.as(account).delete(Route.DELETE_ALL_ALIAS.path()));
    }

    @Test
    void lookingUpIsAsDescribed() {
        String account = Accounts.open("100");
        described(Route.LOOKUP, 200, Api.lookup(account, Accounts.createKey(account, "key", "10")));

        assertRefusesBodies(Route.LOOKUP, account, Accounts.createKey(Accounts.open("10"), "key", "10"));
        Accounts.payInAdvance(account, "lookup-update", 120);
        described(Route.LOOKUP, 429, Api.lookup(account, "ek-proxy-nothing"));
    }

    @Test
    void creatingIsAsDescribed() {
        String account = Accounts.open("100");
        described(Route.CREATE, 200, Api.create(account, "key", "10"));

        String path = Route.CREATE.path();
        worded(Route.CREATE, 400, json(account).body("[]").post(path));
        worded(Route.CREATE, 400, json(account).body("{\"name\":\"a\",\"allocated_ammount\":1}").post(path + "?a=b"));
        worded(Route.CREATE, 402, Api.create(account, "key", "1000"));
        worded(Route.CREATE, 413, json(account).body(" ".repeat(33000)).post(path));
        worded(Route.CREATE, 415, Api.as(account).contentType("text/plain").body("{}").post(path));
        worded(Route.CREATE, 422, json(account).body("{\"name\":\"a\"}").post(path));
        worded(Route.CREATE, 422, Api.create(account, "key", "-0"));
        worded(Route.CREATE, 422, Api.create(account, "", "1"));
        for (String field : List.of("\"expires_at\":0", "\"model_whitelist\":[1]", "\"ip_whitelist\":[\"a\"]")) {
            worded(Route.CREATE, 422, json(account).body("{\"name\":\"a\",\"allocated_ammount\":1," + field + "}").post(path));
        }
        Accounts.block(account, 900);
        described(Route.CREATE, 409, Api.create(account, "key", "10"));
        Accounts.payInAdvance(account, "create", 120);
        described(Route.CREATE, 429, Api.create(account, "key", "10"));
    }

    @Test
    void changingIsAsDescribed() {
        String account = Accounts.open("100");
        String key = Accounts.createKey(account, "key", "10");
        Accounts.spend(account, "key", "5");
        described(Route.UPDATE, 200, Api.update(account, key, "\"name\":\"other\""));

        String path = Route.UPDATE.path();
        String foreign = Accounts.createKey(Accounts.open("10"), "key", "10");
        worded(Route.UPDATE, 400, json(account).body("[]").post(path));
        worded(Route.UPDATE, 400, json(account).body("{\"proxy_key\":\"a\",\"name\":\"a\"}").post(path + "?a=b"));
        worded(Route.UPDATE, 402, Api.update(account, key, "\"allocated_ammount\":1000"));
        worded(Route.UPDATE, 403, Api.update(account, foreign, "\"name\":\"a\""));
        worded(Route.UPDATE, 404, Api.update(account, "ek-proxy-nothing", "\"name\":\"a\""));
        worded(Route.UPDATE, 413, json(account).body(" ".repeat(33000)).post(path));
        worded(Route.UPDATE, 415, Api.as(account).contentType("text/plain").body("{}").post(path));
        worded(Route.UPDATE, 422, json(account).body("{}").post(path));
        worded(Route.UPDATE, 422, json(account).body("{\"proxy_key\":\"" + key + "\"}").post(path));
        worded(Route.UPDATE, 422, Api.update(account, key, "\"allocated_ammount\":4"));
        worded(Route.UPDATE, 422, Api.update(account, key, "\"expires_at\":1"));
        Accounts.block(account, 900);
        described(Route.UPDATE, 409, Api.update(account, key, "\"allocated_ammount\":20"));
        described(Route.TOGGLE, 409, Api.toggle(account, disabled(account)));
        Accounts.payInAdvance(account, "lookup-update", 120);
        described(Route.UPDATE, 429, Api.update(account, key, "\"name\":\"other\""));
    }

    private static String disabled(String account) {
        return Postgres.shared().one(String.class, "UPDATE proxy_key SET is_active = false WHERE account_id = ? RETURNING id", account);
    }

    @Test
    void recreatingIsAsDescribed() {
        String account = Accounts.open("250");
        List<String> ids = Accounts.createFiveKeys(account);
        String receipt = Api.json(Api.deleteAll(account)).get("revocation_id").textValue();
        described(Route.RECREATE, 200, Api.recreate(account, receipt, List.of(ids.get(2))));
        described(Route.RECREATE, 200, Api.recreate(account, receipt));

        String path = Route.RECREATE.path();
        worded(Route.RECREATE, 400, json(account).body("[]").post(path));
        worded(Route.RECREATE, 400, json(account).body("{\"revocation_id\":\"" + receipt + "\"}").post(path + "?a=b"));
        worded(Route.RECREATE, 404, Api.recreate(account, UUID.randomUUID().toString()));
        described(Route.RECREATE, 409, Api.recreate(account, receipt));
        worded(Route.RECREATE, 413, json(account).body(" ".repeat(66000)).post(path));
        worded(Route.RECREATE, 415, Api.as(account).contentType("text/plain").body("{}").post(path));
        worded(Route.RECREATE, 422, json(account).body("{}").post(path));
        worded(Route.RECREATE, 422, Api.recreate(account, receipt, List.of()));
        worded(Route.RECREATE, 422, Api.recreate(account, receipt, List.of("ek-proxy-nothing")));
        Accounts.block(account, 900);
        described(Route.RECREATE, 409, Api.recreate(account, receipt));
        Accounts.payInAdvance(account, "recreate", 120);
        described(Route.RECREATE, 429, Api.recreate(account, receipt));
    }

    @ParameterizedTest
    @EnumSource(value = Route.class, names = { "DELETE_ALL", "DELETE_ALL_ALIAS", "REMOVE", "SUSPEND", "TOGGLE", "CREATE", "UPDATE",
            "LOOKUP" })
    void aLostConfirmationIsAnsweredAsDescribed(Route route) {
        String account = Accounts.open("2");
        String key = Accounts.createKey(account, "key", "1");
        Harness.tap().fault(Fault.LOSE_COMMIT_ANSWER_AND_REFUSE);

        Response answer = described(route, 503, call(route, Api.as(account), key));

        assertEquals(WITH_RECEIPT.contains(route), Api.json(answer).has("revocation_id"), answer.asString());
        assertEquals(route == Route.SUSPEND, Api.json(answer).has("suspension_id"), answer.asString());
        assertEquals(route == Route.CREATE, Api.json(answer).has("id"), answer.asString());
    }

    private static void assertRefusesBodies(Route route, String account, String foreign) {
        String path = route.path();
        String good = "{\"proxy_key\":\"ek-proxy-nothing\"}";
        worded(route, 400, json(account).body("[]").post(path));
        worded(route, 400, json(account).body(good).post(path + "?a=b"));
        worded(route, 403, json(account).body("{\"proxy_key\":\"" + foreign + "\"}").post(path));
        worded(route, 404, json(account).body(good).post(path));
        worded(route, 413, json(account).body("\"" + "a".repeat(WITH_LIST.contains(route) ? 330_000 : 9000) + "\"").post(path));
        worded(route, 415, Api.as(account).contentType("text/plain").body(good).post(path));
        worded(route, 422, json(account).body("{}").post(path));
        described(route, 422, json(account).body("{\"key\":\"a\"}").post(path));
    }

    private static RequestSpecification json(String account) {
        return Api.as(account).contentType("application/json");
    }

    /** A call that only its caller or the database could be refused for. */
    private static Response call(Route route, RequestSpecification caller) {
        return call(route, caller, "ek-proxy-nothing");
    }

    private static Response call(Route route, RequestSpecification caller, String key) {
        String body = switch (route) {
            case CREATE -> "{\"name\":\"key\",\"allocated_ammount\":1}";
            case UPDATE -> "{\"proxy_key\":\"" + key + "\",\"name\":\"key\"}";
            case RECREATE -> "{\"revocation_id\":\"0198c1f2-0000-7000-8000-000000000000\"}";
            case RESUME -> "{\"suspension_id\":\"0198c1f2-0000-7000-8000-000000000000\"}";
            case SUSPEND -> "{\"proxy_keys\":[\"" + key + "\"]}";
            default -> "{\"proxy_key\":\"" + key + "\"}";
        };
        RequestSpecification request = WITH_BODY.contains(route) ? caller.contentType("application/json").body(body) : caller;
        String query = route == Route.RECEIPT ? "?id=0198c1f2-0000-7000-8000-000000000000" : "";
        return request.request(route.method(), route.path() + query);
    }

    private static Response described(Route route, int status, Response answer) {
        assertEquals(status, answer.statusCode(), answer.asString());
        DESCRIPTION.assertDescribes(route, answer);
        return answer;
    }

    /** Described, and an example shows exactly this answer. */
    private static void worded(Route route, int status, Response answer) {
        described(route, status, answer);
        List<JsonNode> examples = DESCRIPTION.examples(DESCRIPTION.response(route, status) + PROBLEM);
        assertTrue(examples.contains(Api.json(answer)), () -> route + " " + status + " has no example " + answer.asString());
    }

    // --- Reading refusals and examples -------------------------------------------------------------------------------

    private static Map<String, Method> factories() {
        Map<String, Method> factories = new TreeMap<>();
        Stream.of(ProblemException.class.getDeclaredMethods())
                .filter(method -> Modifier.isStatic(method.getModifiers()) && Modifier.isPublic(method.getModifiers())
                        && method.getReturnType() == ProblemException.class)
                .forEach(method -> factories.put(method.getName(), method));
        return factories;
    }

    private static ProblemException refusal(Method factory, Route route) throws ReflectiveOperationException {
        Object[] arguments = switch (factory.getName()) {
            case "insufficientScope" -> new Object[] { route.scope().orElseThrow(), null };
            case "malformed", "invalidField" -> new Object[] { "worded by the caller" };
            case "bodyTooLarge" -> new Object[] { WITH_LIST.contains(route) ? 327680
                    : route == Route.RECREATE ? 65536 : ALLOCATING.contains(route) ? 32768 : 8192 };
            case "tooManyRequests" -> SELDOM.contains(route)
                    ? new Object[] { "delete-all", 10, 10, Duration.ofSeconds(6) } : new Object[] { "remove", 60, 60, Duration.ofSeconds(
                            1) };
            case "newKeysBlocked" -> new Object[] { Duration.ofMinutes(15) };
            case "alreadyRecreated" -> new Object[] { "[{\"replaces\":\"ek-proxy-old\",\"id\":\"ek-proxy-new\"}]" };
            case "outcomeUnknown" -> new Object[] { WITH_RECEIPT.contains(route) ? UUID.randomUUID() : null, null };
            case "suspensionUnknown" -> new Object[] { UUID.randomUUID(), null };
            case "unknownKeys" -> new Object[] { List.of(1, 3) };
            case "creationUnknown" -> new Object[] { "ek-proxy-new", null };
            default -> new Object[factory.getParameterCount()];
        };
        return (ProblemException) factory.invoke(null, arguments);
    }

    private static boolean sameProblem(JsonNode expected, JsonNode example) {
        return Stream.of("type", "title", "status", "detail", "message")
                .allMatch(field -> expected.get(field).equals(example.get(field)))
                && Stream.of("revocation_id", "suspension_id", "positions", "id", "replaced").allMatch(field -> expected.has(
                        field) == example.has(field));
    }

    private static Set<Route> with(Set<Route> routes, Route... others) {
        Set<Route> all = EnumSet.copyOf(routes);
        all.addAll(List.of(others));
        return all;
    }

    /** Validates every example below, each against the schema beside it; returns how many. */
    private static int assertExamplesFit(String pointer) {
        JsonNode node = DESCRIPTION.document().at(pointer);
        int count = 0;
        if (node.has("schema") && node.has("examples")) {
            for (JsonNode example : DESCRIPTION.examples(pointer)) {
                DESCRIPTION.assertValid(pointer + "/schema", example);
                count++;
            }
        } else if (node.has("schema") && node.has("example")) {
            DESCRIPTION.assertValid(pointer + "/schema", node.get("example"));
            count++;
        }
        for (String name : DESCRIPTION.names(pointer)) {
            count += assertExamplesFit(pointer + "/" + Description.escaped(name));
        }
        return count;
    }
}
