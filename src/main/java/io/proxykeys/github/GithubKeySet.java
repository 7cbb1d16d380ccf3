package io.proxykeys.github;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.proxykeys.json.TextRules;
import io.proxykeys.signingkeys.Algorithm;
import io.proxykeys.signingkeys.KeyLocation;
import io.proxykeys.signingkeys.PemKey;
import java.io.IOException;
import java.security.PublicKey;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The public keys that GitHub signs its reports with, by their identifiers (<a
 * href="https://docs.github.com/en/code-security/secret-scanning/secret-scanning-partnership-program/secret-scanning-partner-program"
 * >GitHub</a>):
 * {@code {"public_keys":[{"key_identifier":"…","key":"-----BEGIN PUBLIC KEY-----…","is_current":true}]}}. An entry that is no key of the
 * curve P-256 is left out. One that is not current counts: a report may have been signed just before.
 */
public final class GithubKeySet {

    private static final ObjectReader JSON = JsonMapper.builder().build().readerFor(JsonNode.class);

    private final Map<String, PublicKey> keys = new HashMap<>();

    private GithubKeySet() {
    }

    /**
     * Reads the document.
     *
     * @throws IllegalArgumentException if it is not of this form
     */
    static GithubKeySet parse(String document) {
        JsonNode entries;
        try {
            entries = JSON.readTree(TextRules.withoutByteOrderMark(document)).path("public_keys");
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("not a list of GitHub's public keys", e);
        }
        if (!entries.isArray()) {
            throw new IllegalArgumentException("not a list of GitHub's public keys");
        }
        GithubKeySet set = new GithubKeySet();
        entries.forEach(set::add);
        return set;
    }

    /** The same; a document without a key that can be used counts as a failure of its source, so that those that are known stay. */
    static GithubKeySet parseUsable(String document) {
        GithubKeySet keys = parse(document);
        if (keys.isEmpty()) {
            throw new IllegalArgumentException("holds no usable key");
        }
        return keys;
    }

    /**
     * Checks a setting. A file that is not there yet, and a location that cannot be reached, are no mistakes.
     *
     * @throws IllegalArgumentException saying what is wrong with it
     */
    public static void requireUsable(String location) {
        KeyLocation parsed = KeyLocation.parse(location);
        if (parsed.isRemote()) {
            return;
        }
        if (!location.strip().startsWith("file:")) {
            throw new IllegalArgumentException("must be an https: or file: location");
        }
        try {
            parseUsable(parsed.read());
        } catch (IOException notThereYet) {
            // Asked again with the first report.
        }
    }

    boolean isEmpty() {
        return keys.isEmpty();
    }

    /** The key of this identifier. */
    Optional<PublicKey> find(String identifier) {
        return Optional.ofNullable(keys.get(identifier));
    }

    private void add(JsonNode entry) {
        String identifier = entry.path("key_identifier").textValue();
        String pem = entry.path("key").textValue();
        if (identifier == null || pem == null) {
            return;
        }
        try {
            PublicKey key = PemKey.decode(pem.strip());
            if (Algorithm.ES256.fits(key)) {
                keys.put(identifier, key);
            }
        } catch (IllegalArgumentException e) {
            // It serves nobody, and the others do.
        }
    }
}
