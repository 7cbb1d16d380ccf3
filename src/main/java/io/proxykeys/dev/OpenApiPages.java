package io.proxykeys.dev;

import io.proxykeys.lambda.DevPages;
import io.quarkus.arc.profile.IfBuildProfile;
import jakarta.inject.Singleton;

/** Development only: the description of the API, and Swagger UI to try it out. */
@Singleton
@IfBuildProfile("dev")
class OpenApiPages implements DevPages {

    static final String PAGE = "/q/swagger-ui/";

    @Override
    public boolean contain(String rawPath) {
        return rawPath != null && (rawPath.equals("/q/openapi") || rawPath.startsWith("/q/swagger-ui"));
    }
}
