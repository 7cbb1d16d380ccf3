package io.proxykeys.auth;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.proxykeys.harness.Api;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jose4j.jwk.PublicJsonWebKey;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A token of each identity provider, in the shape of the provider's documentation, with the settings of its section in
 * {@code src/docs/identity-providers.md}.
 */
class ProvidersTest {

    private static final Pattern SECTION = Pattern.compile("## ([^\n]+)\n(?:(?!\n## ).)*?```properties\n(.*?)```", Pattern.DOTALL);
    private static final Map<String, Map<String, String>> SECTIONS = sections();
    private static final JsonNode TOKENS = tokens();

    Deployment deploy(Map<String, String> variables, String jwks) {
        return Deployment.onTheJvm(variables, jwks);
    }

    static List<String> providers() {
        List<String> names = new ArrayList<>();
        TOKENS.fieldNames().forEachRemaining(names::add);
        return names;
    }

    @Test
    void everySectionHasAToken() {
        assertEquals(new TreeSet<>(providers()), new TreeSet<>(SECTIONS.keySet()));
    }

    @ParameterizedTest
    @MethodSource("providers")
    void itsAccessTokenIsAccepted(String provider) {
        PublicJsonWebKey key = key(provider);

        try (Deployment deployment = deploy(SECTIONS.get(provider), Tokens.publishedAmongOddities(key))) {
            assertEquals(200, deployment.status(token(provider, "claims", key)));
        }
    }

    @ParameterizedTest
    @MethodSource("providers")
    void withoutTheScopeItIsForbidden(String provider) {
        PublicJsonWebKey key = key(provider);
        String token = Tokens.sign(key, header(provider),
                claims(provider, "claims").toString().replace("proxy_keys:read", "proxy_keys:other"));

        try (Deployment deployment = deploy(SECTIONS.get(provider), Tokens.publishedAmongOddities(key))) {
            assertEquals(403, deployment.status(token));
        }
    }

    @ParameterizedTest
    @MethodSource("providers")
    void anotherAudienceOrClientIsRefused(String provider) {
        PublicJsonWebKey key = key(provider);
        ObjectNode claims = claims(provider, "claims");
        claims.put(claims.has("aud") ? "aud" : "client_id", "https://another.example.com");

        try (Deployment deployment = deploy(SECTIONS.get(provider), Tokens.publishedAmongOddities(key))) {
            assertEquals(401, deployment.status(Tokens.sign(key, header(provider), claims.toString())));
        }
    }

    @ParameterizedTest
    @MethodSource("providers")
    void itsIdTokenIsRefused(String provider) {
        assumeTrue(TOKENS.at("/" + provider + "/idToken").isObject(), "no ID token, or it is told apart by its missing scope");
        PublicJsonWebKey key = key(provider);

        try (Deployment deployment = deploy(SECTIONS.get(provider), Tokens.publishedAmongOddities(key))) {
            assertEquals(401, deployment.status(token(provider, "idToken", key)));
        }
    }

    @ParameterizedTest
    @MethodSource("providers")
    void accountClientAndSubjectAreThoseOfTheDocument(String provider) {
        PublicJsonWebKey key = key(provider);
        Caller caller = Deployment.service(SECTIONS.get(provider), Tokens.publishedAmongOddities(key))
                .verify(List.of("Bearer " + token(provider, "claims", key)), Scope.READ).await().indefinitely();

        assertEquals(TOKENS.at("/" + provider + "/account").textValue(), caller.account());
        assertEquals(TOKENS.at("/" + provider + "/client").textValue(), caller.client());
        assertEquals(claims(provider, "claims").path("sub").textValue(), caller.subject());
    }

    /** Any client can put this project into {@code aud}, and name the roles of its own project as it likes. */
    @Test
    void aRoleThatAnOrganizationOfZitadelGrantsItselfInAnotherProjectGrantsNothing() {
        PublicJsonWebKey key = key("Zitadel");
        ObjectNode claims = claims("Zitadel", "claims");
        claims.set("urn:zitadel:iam:org:project:roles", claims.remove("urn:zitadel:iam:org:project:28000000000000002:roles"));

        try (Deployment deployment = deploy(SECTIONS.get("Zitadel"), Tokens.publishedAmongOddities(key))) {
            assertEquals(403, deployment.status(Tokens.sign(key, header("Zitadel"), claims.toString())));
        }
    }

    static List<String> accounts() {
        return providers().stream().map(provider -> TOKENS.at("/" + provider + "/account").textValue()).distinct().toList();
    }

    private static String token(String provider, String kind, PublicJsonWebKey key) {
        return Tokens.sign(key, header(provider), claims(provider, kind).toString());
    }

    private static ObjectNode header(String provider) {
        return (ObjectNode) TOKENS.at("/" + provider + "/header");
    }

    private static ObjectNode claims(String provider, String kind) {
        return Tokens.current((ObjectNode) TOKENS.at("/" + provider + "/" + kind));
    }

    private static PublicJsonWebKey key(String provider) {
        return Tokens.key(header(provider).get("kid").textValue(), (ObjectNode) TOKENS.at("/" + provider + "/key"));
    }

    private static Map<String, Map<String, String>> sections() {
        Map<String, Map<String, String>> sections = new TreeMap<>();
        try {
            Matcher section = SECTION.matcher(Files.readString(Path.of("src/docs/identity-providers.md")));
            while (section.find()) {
                Map<String, String> variables = new TreeMap<>();
                section.group(2).lines().forEach(line -> variables.put(line.split("=", 2)[0], line.split("=", 2)[1]));
                sections.put(section.group(1), variables);
            }
            return sections;
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static JsonNode tokens() {
        try {
            return Api.json(Files.readString(Path.of("src/test/resources/tokens/providers.json")));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
