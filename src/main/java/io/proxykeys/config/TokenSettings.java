package io.proxykeys.config;

import io.quarkus.arc.Unremovable;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithName;
import java.util.Optional;
import java.util.Set;

/**
 * The settings of access tokens by the names of MicroProfile JWT Authentication 2.1, section 9.2. They are optional here for the sake
 * of {@code start.SettingsCheck}, which says what is missing in its own words.
 */
@Unremovable
@ConfigMapping(prefix = "mp.jwt.verify")
public interface TokenSettings {

    /** The variables of all of them; the extension has others, which are not used. */
    Set<String> VARIABLES = Set.of("MP_JWT_VERIFY_PUBLICKEY_LOCATION", "MP_JWT_VERIFY_ISSUER", "MP_JWT_VERIFY_AUDIENCES",
            "MP_JWT_VERIFY_PUBLICKEY_ALGORITHM");

    /**
     * Where the keys that sign tokens are, as a JWKS or a public key in PEM: {@code https:…}, {@code file:…} or a class path resource
     * (a file that was in {@code src/main/resources/keys} when the function was built). {@code http:} to this machine only.
     */
    @WithName("publickey.location")
    Optional<String> keyLocation();

    /** The exact {@code iss} of tokens. */
    @WithName("issuer")
    Optional<String> issuer();

    /** The accepted {@code aud}, separated by commas. Needed unless {@code PROXY_KEYS_TOKEN_CLIENT_IDS} is set. */
    @WithName("audiences")
    Optional<String> audiences();

    /**
     * The algorithms that tokens may be signed with, separated by commas, out of RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384,
     * ES512 and EdDSA (Ed25519). Not set: RS256 and ES256.
     */
    @WithName("publickey.algorithm")
    Optional<String> algorithms();
}
