package io.proxykeys.signingkeys;

import io.proxykeys.json.TextRules;
import java.security.Key;
import java.security.PublicKey;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jose4j.json.JsonUtil;
import org.jose4j.jwk.JsonWebKey;
import org.jose4j.jwk.KeyOperations;
import org.jose4j.jwk.Use;
import org.jose4j.jws.JsonWebSignature;
import org.jose4j.jwx.JsonWebStructure;
import org.jose4j.keys.resolvers.JwksVerificationKeyResolver;
import org.jose4j.keys.resolvers.VerificationKeyResolver;
import org.jose4j.lang.JoseException;
import org.jose4j.lang.UnresolvableKeyException;

/**
 * The public keys that tokens may be signed with: a JSON Web Key Set
 * (<a href="https://www.rfc-editor.org/rfc/rfc7517#section-5">RFC 7517, section 5</a>) or a single public key or
 * certificate in PEM (<a href="https://www.rfc-editor.org/rfc/rfc7468">RFC 7468</a>).
 *
 * <p>A key serves its own {@code alg}, or without one the accepted algorithms that fit its kind
 * (<a href="https://www.rfc-editor.org/rfc/rfc8725#section-3.1">RFC 8725, section 3.1</a>). A key that serves none, and an entry
 * that is no key, are left out.
 */
public final class SigningKeySet implements VerificationKeyResolver {

    private static final String NAME = "[A-Za-z0-9+._-]{1,30}";

    private final Map<Algorithm, VerificationKeyResolver> resolvers;
    private final List<String> unusable;

    private SigningKeySet(Map<Algorithm, VerificationKeyResolver> resolvers, List<String> unusable) {
        this.resolvers = resolvers;
        this.unusable = List.copyOf(unusable);
    }

    /**
     * Reads a key document.
     *
     * @param accepted the algorithms that tokens may be signed with
     * @throws IllegalArgumentException if it is neither a key set nor a public key or certificate in PEM
     */
    public static SigningKeySet parse(String document, Set<Algorithm> accepted) {
        String text = TextRules.withoutByteOrderMark(document).strip();
        if (text.startsWith("<")) {
            throw new IllegalArgumentException(
                    "a page (HTML or XML) and not a JSON Web Key Set: the location has to be the provider's jwks_uri");
        }
        return text.startsWith("{") ? ofJwks(text, accepted) : ofPem(text, accepted);
    }

    /** Whether there is no key in it that could verify a token: a valid document, as of an issuer that withdrew all its keys. */
    public boolean isEmpty() {
        return resolvers.isEmpty();
    }

    /** The kinds of keys that are in it, if there are keys and none of them can be used: the settings do not fit the issuer. */
    public Optional<String> unusable() {
        return isEmpty() ? leftOut() : Optional.empty();
    }

    /** The kinds of keys in it that cannot be used, if there are any. */
    Optional<String> leftOut() {
        return unusable.isEmpty() ? Optional.empty() : Optional.of(String.join(", ", unusable));
    }

    @Override
    public Key resolveKey(JsonWebSignature jws, List<JsonWebStructure> nesting) throws UnresolvableKeyException {
        VerificationKeyResolver resolver = Algorithm.of(jws.getAlgorithmHeaderValue()).map(resolvers::get).orElse(null);
        if (resolver == null) {
            throw new UnresolvableKeyException("no key of this algorithm");
        }
        return resolver.resolveKey(jws, nesting);
    }

    private static SigningKeySet ofJwks(String json, Set<Algorithm> accepted) {
        Map<Algorithm, List<JsonWebKey>> keys = new EnumMap<>(Algorithm.class);
        List<String> unusable = new ArrayList<>();
        for (Object entry : entries(json)) {
            Optional<JsonWebKey> key = key(entry);
            List<Algorithm> served = accepted.stream().filter(algorithm -> key.isPresent() && serves(key.get(), algorithm)).toList();
            served.forEach(algorithm -> keys.computeIfAbsent(algorithm, first -> new ArrayList<>()).add(key.get()));
            if (served.isEmpty()) {
                unusable.add(kind(entry));
            }
        }
        Map<Algorithm, VerificationKeyResolver> resolvers = new EnumMap<>(Algorithm.class);
        keys.forEach((algorithm, those) -> resolvers.put(algorithm, resolver(those)));
        return new SigningKeySet(resolvers, unusable.stream().distinct().toList());
    }

    private static List<?> entries(String json) {
        try {
            Map<String, Object> document = JsonUtil.parseJson(json);
            if (document.get("keys") instanceof List<?> entries) {
                return entries;
            }
            if (document.containsKey("jwks_uri")) {
                throw new IllegalArgumentException("a discovery document and not a JSON Web Key Set: the location has to be its jwks_uri");
            }
        } catch (JoseException e) {
            throw new IllegalArgumentException("not a JSON Web Key Set", e);
        }
        throw new IllegalArgumentException("not a JSON Web Key Set");
    }

    @SuppressWarnings("unchecked")
    private static Optional<JsonWebKey> key(Object entry) {
        try {
            return entry instanceof Map<?, ?> members ? Optional.of(JsonWebKey.Factory.newJwk((Map<String, Object>) members))
                    : Optional.empty();
        } catch (JoseException | RuntimeException e) {
            return Optional.empty();
        }
    }

    private static boolean serves(JsonWebKey key, Algorithm algorithm) {
        return algorithm.fits(key.getKey())
                && (key.getAlgorithm() == null || key.getAlgorithm().equals(algorithm.joseName()))
                && (key.getUse() == null || key.getUse().equals(Use.SIGNATURE))
                && (key.getKeyOps() == null || key.getKeyOps().contains(KeyOperations.VERIFY));
    }

    private static VerificationKeyResolver resolver(List<JsonWebKey> keys) {
        JwksVerificationKeyResolver resolver = new JwksVerificationKeyResolver(keys);
        // A token without kid, and several keys that fit: the one that verifies it.
        resolver.setDisambiguateWithVerifySignature(true);
        return resolver;
    }

    /** For the log: what kind of key it is, and what it is for. */
    private static String kind(Object entry) {
        if (!(entry instanceof Map<?, ?> members)) {
            return "no key";
        }
        return Stream.of("kty", "crv", "alg", "use")
                .filter(name -> members.get(name) instanceof String value && value.matches(NAME))
                .map(name -> name.equals("kty") || name.equals("crv") ? (String) members.get(name) : name + " " + members.get(name))
                .collect(Collectors.collectingAndThen(Collectors.joining(" "), kind -> kind.isEmpty() ? "no key" : kind))
                + (members.get("key_ops") instanceof List<?> operations && !operations.contains(KeyOperations.VERIFY)
                        ? " key_ops without verify" : "");
    }

    private static SigningKeySet ofPem(String pem, Set<Algorithm> accepted) {
        PublicKey key = PemKey.decode(pem);
        Map<Algorithm, VerificationKeyResolver> resolvers = new EnumMap<>(Algorithm.class);
        accepted.stream().filter(algorithm -> algorithm.fits(key))
                .forEach(algorithm -> resolvers.put(algorithm, (jws, nesting) -> key));
        return new SigningKeySet(resolvers, resolvers.isEmpty() ? List.of(key.getAlgorithm()) : List.of());
    }
}
