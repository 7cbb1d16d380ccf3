package io.proxykeys.auth;

import io.proxykeys.config.DatabaseSettings;
import io.proxykeys.config.Settings;
import io.proxykeys.config.TokenSettings;
import io.proxykeys.harness.Gateway;
import io.proxykeys.harness.KeyServer;
import io.proxykeys.harness.NativeFunction;
import io.proxykeys.harness.Postgres;
import io.proxykeys.signingkeys.NoKeySet;
import io.proxykeys.signingkeys.VerificationKeys;
import io.proxykeys.start.CheckedAtStart;
import io.smallrye.config.EnvConfigSource;
import io.smallrye.config.SmallRyeConfig;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.smallrye.jwt.auth.principal.DefaultJWTParser;
import io.smallrye.mutiny.Uni;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The function with some settings and a key set, as far as a token can tell. */
interface Deployment extends AutoCloseable {

    /** The status of a call that needs the scope {@link Scope#READ}, made with a token for an account that exists. */
    int status(String token);

    @Override
    void close();

    /** The service itself, made of the settings without the rest of the function. */
    static AccessTokens service(Map<String, String> variables, String jwks) {
        Map<String, String> environment = new HashMap<>(NativeFunction.environment(1, "https://issuer.test/jwks.json"));
        environment.remove("MP_JWT_VERIFY_AUDIENCES");
        environment.putAll(variables);
        SmallRyeConfigBuilder builder = new SmallRyeConfigBuilder().addDefaultInterceptors()
                .withSources(new EnvConfigSource(environment, 300))
                .withMapping(Settings.class).withMapping(TokenSettings.class).withMapping(DatabaseSettings.class);
        new CheckedAtStart().configBuilder(builder);
        SmallRyeConfig config = builder.build();
        Settings own = config.getConfigMapping(Settings.class);
        TokenSettings tokens = config.getConfigMapping(TokenSettings.class);
        VerificationKeys keys = new VerificationKeys(() -> Uni.createFrom().item(jwks), own, tokens);
        return new AccessTokens(keys, new DefaultJWTParser(new AccessTokenFactory(keys, tokens, own)), own);
    }

    static Deployment onTheJvm(Map<String, String> variables, String jwks) {
        AccessTokens service = service(variables, jwks);
        return new Deployment() {
            @Override
            public int status(String token) {
                try {
                    service.verify(List.of("Bearer " + token), Scope.READ).await().indefinitely();
                    return 200;
                } catch (InvalidToken e) {
                    return 401;
                } catch (InsufficientScope e) {
                    return 403;
                } catch (NoKeySet e) {
                    return 503;
                }
            }

            @Override
            public void close() {
                // Nothing runs.
            }
        };
    }

    static Deployment ofTheNativeFunction(Map<String, String> variables, String jwks) {
        KeyServer keys = new KeyServer(jwks);
        Map<String, String> environment = NativeFunction.environment(Postgres.shared().port(), keys.location());
        environment.remove("MP_JWT_VERIFY_AUDIENCES");
        environment.putAll(variables);
        environment.put("MP_JWT_VERIFY_PUBLICKEY_LOCATION", keys.location());
        NativeFunction function = NativeFunction.start(environment).awaitFirstPoll();
        return new Deployment() {
            @Override
            public int status(String token) {
                return function.invoke(Gateway.event("GET", "/v1/auth/proxy/preview", "",
                        Map.of("authorization", "Bearer " + token))).status();
            }

            @Override
            public void close() {
                function.close();
            }
        };
    }
}
