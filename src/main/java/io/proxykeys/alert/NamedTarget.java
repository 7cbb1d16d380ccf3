package io.proxykeys.alert;

import com.fasterxml.jackson.databind.JsonNode;
import io.proxykeys.account.AccountId;
import io.proxykeys.json.TextRules;
import io.proxykeys.key.KeyReference;
import io.proxykeys.revocation.AlertTarget;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Reads what the {@code detail} of an alert names: a key or an account. Strictly, because a typo must not delete an account; and
 * without repeating a value, because it may be a secret in the wrong place.
 */
final class NamedTarget {

    private static final String KEY = "key";
    private static final String KEY_SHA256 = "key_sha256";
    private static final List<String> SECRETS = List.of("token", "secret", "proxy_key");
    /** The members with such a name that there are. */
    private static final Set<String> ABOUT_KEYS = Set.of(KEY, KEY_SHA256, "block_new_keys_seconds");
    private static final List<String> TELLING = List.of("key", "token", "secret", "hash", "sha");
    private static final Pattern SEPARATORS = Pattern.compile("[_\\-\\s\\p{Z}]+");
    /** What can be repeated: no secret looks like it. */
    private static final Pattern HARMLESS = Pattern.compile("[A-Za-z_ -]{1,24}[0-9]{0,4}");
    private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");

    private NamedTarget() {
    }

    /**
     * Reads it.
     *
     * @param mayNameKey whether the event is about one key
     * @throws InvalidAlert if it names neither, or both in a way that is not allowed
     */
    static AlertTarget of(JsonNode detail, boolean mayNameKey) {
        refuseSecretsAndTypos(detail);
        Optional<String> account = account(detail);
        Optional<KeyReference> key = key(detail);
        Optional<String> scope = EventText.choice(detail, "scope");
        if (key.isPresent() && !mayNameKey) {
            throw new InvalidAlert("Account Compromised names detail.account_id alone, and no key");
        }
        if (key.isEmpty()) {
            if (scope.isPresent()) {
                throw new InvalidAlert("detail.scope stands beside a key only");
            }
            return new AlertTarget.Account(account.orElseThrow(
                    () -> new InvalidAlert("detail names neither key_sha256, nor key, nor account_id")));
        }
        if (scope.isPresent() && !scope.get().equals("key") && !scope.get().equals("account")) {
            throw new InvalidAlert("detail.scope must be key or account");
        }
        return new AlertTarget.Key(key.get(), account, scope.isPresent() && scope.get().equals("account"));
    }

    private static void refuseSecretsAndTypos(JsonNode detail) {
        for (String secret : SECRETS) {
            if (detail.has(secret)) {
                throw new InvalidAlert("detail." + secret + ": a secret has no place in an event; send its SHA-256 as key_sha256");
            }
        }
        for (Iterator<String> names = detail.fieldNames(); names.hasNext();) {
            String name = names.next();
            if (!ABOUT_KEYS.contains(name) && looksLikeAKey(name)) {
                throw new InvalidAlert((HARMLESS.matcher(name).matches() ? "detail." + name : "a member of detail")
                        + " is none that is known: the names of a key are key and key_sha256");
            }
        }
    }

    /** A misspelt key beside an account would otherwise be ignored, and the account deleted. */
    private static boolean looksLikeAKey(String name) {
        String plain = SEPARATORS.matcher(name).replaceAll("").toUpperCase(Locale.ROOT).toLowerCase(Locale.ROOT);
        return TELLING.stream().anyMatch(plain::contains);
    }

    private static Optional<String> account(JsonNode detail) {
        Optional<String> account = EventText.text(detail.get("account_id"), "detail.account_id");
        if (account.isPresent() && !AccountId.isValid(account.get())) {
            throw new InvalidAlert("detail.account_id must be a text of 1 to 255 characters without control characters");
        }
        return account;
    }

    private static Optional<KeyReference> key(JsonNode detail) {
        JsonNode hash = detail.get(KEY_SHA256);
        JsonNode id = detail.get(KEY);
        if (hash != null && id != null) {
            throw new InvalidAlert("detail must not have both key and key_sha256");
        }
        if (hash != null) {
            if (!hash.isTextual() || !SHA256.matcher(hash.textValue()).matches()) {
                throw new InvalidAlert("detail.key_sha256 must be 64 hexadecimal digits in lower case: the SHA-256 of the full secret");
            }
            return Optional.of(KeyReference.ofSecretHash(HexFormat.of().parseHex(hash.textValue())));
        }
        if (id == null) {
            return Optional.empty();
        }
        if (!id.isTextual() || !isIdentifier(id.textValue())) {
            throw new InvalidAlert("detail.key must be the public identifier of a key, ek-proxy- and more, and never a secret");
        }
        return Optional.of(KeyReference.ofIdentifier(id.textValue()));
    }

    private static boolean isIdentifier(String text) {
        return text.startsWith("ek-proxy-") && !text.startsWith("ek-proxy-sk-") && TextRules.isStorable(text)
                && TextRules.hasLength(text, KeyReference.LONGEST);
    }
}
