package io.proxykeys.auth;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.proxykeys.harness.Api;
import io.proxykeys.harness.Issuer;
import java.time.Instant;
import java.util.List;
import org.jose4j.jwk.EcJwkGenerator;
import org.jose4j.jwk.JsonWebKey;
import org.jose4j.jwk.OkpJwkGenerator;
import org.jose4j.jwk.PublicJsonWebKey;
import org.jose4j.keys.EllipticCurves;
import org.jose4j.lang.JoseException;

/** Keys and tokens in the shapes of other issuers. */
final class Tokens {

    /** What no reader of a key set may stumble over: a byte order mark, entries that are no keys, and keys for something else. */
    private static final String ODDITIES = """
            \uFEFF{"keys":[null,"text",7,{},[],{"kty":"AKP","alg":"ML-DSA-44","pub":"AA"},{"kty":"RSA","n":"!","e":"AQAB"},
             {"kty":"oct","alg":"HS256","k":"c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3JldA"}]}""";

    private Tokens() {
    }

    /** A new key of the kind of a published one, with the same members beside the numbers. */
    static PublicJsonWebKey key(String kid, ObjectNode kind) {
        try {
            PublicJsonWebKey key = switch (kind.path("crv").asText(kind.path("kty").asText())) {
                case "P-256" -> EcJwkGenerator.generateJwk(EllipticCurves.P256);
                case "P-384" -> EcJwkGenerator.generateJwk(EllipticCurves.P384);
                case "P-521" -> EcJwkGenerator.generateJwk(EllipticCurves.P521);
                case "Ed25519" -> OkpJwkGenerator.generateJwk("Ed25519");
                default -> Issuer.rsaKey(kid);
            };
            key.setKeyId(kid);
            kind.properties().stream().filter(member -> !List.of("kty", "crv").contains(member.getKey()))
                    .forEach(member -> key.setOtherParameter(member.getKey(), Api.JSON.convertValue(member.getValue(), Object.class)));
            key.setAlgorithm(kind.path("alg").textValue());
            key.setUse(kind.path("use").textValue());
            return key;
        } catch (JoseException e) {
            throw new IllegalStateException(e);
        }
    }

    static String publishedAmongOddities(PublicJsonWebKey key) {
        ObjectNode document = (ObjectNode) Api.json(ODDITIES.substring(1));
        PublicJsonWebKey forEncryption = Issuer.rsaKey("encryption");
        forEncryption.setUse("enc");
        forEncryption.setAlgorithm("RSA-OAEP");
        for (PublicJsonWebKey each : List.of(forEncryption, key)) {
            ((ArrayNode) document.get("keys")).add(Api.json(each.toJson(JsonWebKey.OutputControlLevel.PUBLIC_ONLY)));
        }
        return ODDITIES.charAt(0) + document.toString();
    }

    static String sign(PublicJsonWebKey key, ObjectNode header, String claims) {
        return Issuer.sign(key.getPrivateKey(), null, header.get("alg").textValue(), claims, jws -> header.properties()
                .forEach(member -> jws.setHeader(member.getKey(), Api.JSON.convertValue(member.getValue(), Object.class))));
    }

    /** The claims of an example, as if issued now. */
    static ObjectNode current(ObjectNode example) {
        ObjectNode claims = example.deepCopy();
        long now = Instant.now().getEpochSecond();
        for (String time : List.of("iat", "nbf", "auth_time")) {
            if (claims.has(time)) {
                claims.put(time, now);
            }
        }
        return claims.put("exp", now + 300);
    }

    /** Claims that are accepted under the usual settings, changed by the members of a JSON object. */
    static String claims(String changes) {
        ObjectNode claims = (ObjectNode) Api.json("""
                {"iss":"%s","aud":"%s","sub":"safety","scope":"proxy_keys:read","iat":0}""".formatted(Issuer.NAME, Issuer.AUDIENCE));
        JsonNode changed = Api.json(changes);
        claims.setAll((ObjectNode) changed);
        changed.properties().stream().filter(member -> member.getValue().asText().equals("(absent)"))
                .forEach(member -> claims.remove(member.getKey()));
        return current(claims).toString();
    }
}
