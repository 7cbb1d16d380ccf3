package io.proxykeys.operation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.proxykeys.harness.Accounts;
import io.proxykeys.harness.Api;
import io.proxykeys.harness.Harness;
import io.proxykeys.harness.Issuer;
import io.proxykeys.harness.Postgres;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import io.restassured.response.Response;
import io.restassured.specification.RequestSpecification;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jose4j.jws.AlgorithmIdentifiers;
import org.jose4j.jwt.JwtClaims;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An issuer whose accounts are organisations, of which persons act, and which puts a prefix before scopes. */
@QuarkusTest
@WithTestResource(Harness.class)
@TestProfile(OrganisationTest.OfAnotherIssuer.class)
class OrganisationTest {

    public static final class OfAnotherIssuer implements QuarkusTestProfile {
        @Override
        public Map<String, String> getConfigOverrides() {
            return Map.of("proxy-keys.token.account-claim", "org", "proxy-keys.token.scope-prefix", "api/");
        }
    }

    private static final String PERSON = "person-" + UUID.randomUUID();
    private static final String EVERY_SCOPE = "api/proxy_keys:read api/proxy_keys:write api/proxy_keys:delete api/proxy_keys:create";
    private static final String ROTATION = "api/proxy_keys:create api/proxy_keys:delete";

    private final Postgres database = Postgres.shared();
    private final String account = Accounts.open("250");

    @Test
    void aReceiptNamesThePersonAndBelongsToTheOrganisation() {
        String key = Accounts.createKey(account, "key", "1");
        as(EVERY_SCOPE).contentType("application/json").body("{\"proxy_key\":\"" + key + "\"}").post(Api.PROXY + "/remove").then()
                .statusCode(200);
        as(EVERY_SCOPE).delete(Api.PROXY).then().statusCode(200);

        JsonNode receipts = Api.json(as(EVERY_SCOPE).get(Api.PROXY + "/revocations"));

        assertEquals(List.of(PERSON, PERSON), receipts.findValuesAsText("subject"));
        assertEquals(List.of("test-client", "test-client"), receipts.findValuesAsText("requested_by"));
        assertEquals(List.of(PERSON + "|", PERSON + "|"), database.rows("SELECT subject FROM revocation WHERE account_id = ?", account));
    }

    @Test
    void aSuspensionNamesThePersonAndBelongsToTheOrganisation() {
        as(EVERY_SCOPE).post(Api.PROXY + "/suspend").then().statusCode(200);

        assertEquals(List.of(PERSON + "|test-client|"), database.rows("SELECT subject, requested_by FROM suspension WHERE account_id = ?",
                account));
    }

    @Test
    void withBothScopesAndTheirPrefixAKeyIsRotated() {
        assertEquals(200, rotate(ROTATION).statusCode());
    }

    @ParameterizedTest
    @ValueSource(strings = { "api/proxy_keys:create", "api/proxy_keys:delete", "proxy_keys:create proxy_keys:delete",
            "api/proxy_keys:create proxy_keys:delete", "proxy_keys:create api/proxy_keys:delete" })
    void aRotationAsksForBothScopesWithTheirPrefix(String scopes) {
        Response refused = rotate(scopes);

        assertEquals(403, refused.statusCode(), refused.asString());
        // Quarkus' mock of the Lambda service splits a header at its commas.
        assertTrue(refused.headers().getValues("WWW-Authenticate").contains("scope=\"" + ROTATION + "\""), refused.headers().toString());
    }

    private Response rotate(String scopes) {
        String key = Accounts.createKey(account, "key", "1");
        return as(scopes).contentType("application/json").body("{\"proxy_key\":\"" + key + "\"}").post(Api.PROXY + "/rotate");
    }

    /** The person, for the organisation whose account it is. */
    private RequestSpecification as(String scopes) {
        JwtClaims claims = Issuer.claims(PERSON, scopes);
        claims.setClaim("org", account);
        return Api.with(Issuer.sign(Issuer.shared().rsa, AlgorithmIdentifiers.RSA_USING_SHA256, claims, jws -> {}));
    }
}
