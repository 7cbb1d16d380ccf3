package io.proxykeys.harness;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.security.spec.ECGenParameterSpec;
import java.util.Base64;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/** Signs reports of leaked keys and publishes its keys, as GitHub does. */
public final class Github {

    public static final String PATH = Api.PROXY + "/leaks/github";

    private static final Github SHARED = new Github();

    private final Map<String, KeyPair> keys = new LinkedHashMap<>();
    private final KeyServer server;

    public Github() {
        keys.put("former", newKey("secp256r1"));
        keys.put("current", newKey("secp256r1"));
        server = new KeyServer(document());
    }

    public static Github shared() {
        return SHARED;
    }

    public KeyServer keyServer() {
        return server;
    }

    /** Begins to sign with another key, too; it is published only by {@link #document}. */
    public void add(String identifier) {
        keys.put(identifier, newKey("secp256r1"));
    }

    /** What GitHub publishes; with entries of which nothing can be made. */
    public String document() {
        ObjectNode document = Api.JSON.createObjectNode();
        ArrayNode published = document.putArray("public_keys");
        published.addObject().put("key_identifier", "no key").put("key", "nothing").put("is_current", false);
        published.addObject().put("key_identifier", "another curve").put("key", pem(newKey("secp384r1"))).put("is_current", true);
        published.add(1);
        keys.forEach((identifier, key) -> published.addObject().put("key_identifier", identifier).put("key", pem(key))
                .put("is_current", !identifier.equals("former")));
        return document.toString();
    }

    /** A report of one match for each token. */
    public static String report(String... tokens) {
        ArrayNode report = Api.JSON.createArrayNode();
        for (String token : tokens) {
            report.addObject().put("token", token).put("type", "proxy_key").put("url", "https://github.com/octocat/example/blob/main/a.env")
                    .put("source", "content");
        }
        return report.toString();
    }

    /** The request with this report, signed with a key that is current. */
    public ObjectNode event(String report) {
        return event(report, "current", sign("current", report));
    }

    public static ObjectNode event(String report, String identifier, String signature) {
        Map<String, String> headers = new HashMap<>(Map.of("content-type", "application/json"));
        if (identifier != null) {
            headers.put("github-public-key-identifier", identifier);
        }
        if (signature != null) {
            headers.put("github-public-key-signature", signature);
        }
        return Gateway.event("POST", PATH, "", headers).put("body", report).put("isBase64Encoded", false);
    }

    public String sign(String identifier, String report) {
        try {
            Signature signature = Signature.getInstance("SHA256withECDSA");
            signature.initSign(keys.get(identifier).getPrivate());
            signature.update(report.getBytes(StandardCharsets.UTF_8));
            return Base64.getEncoder().encodeToString(signature.sign());
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    private static KeyPair newKey(String curve) {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec(curve));
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    private static String pem(KeyPair key) {
        return "-----BEGIN PUBLIC KEY-----\n" + Base64.getMimeEncoder(64, new byte[] { '\n' }).encodeToString(key.getPublic().getEncoded())
                + "\n-----END PUBLIC KEY-----\n";
    }
}
