package io.proxykeys.dev;

import io.proxykeys.lambda.DevPages;
import io.quarkus.arc.profile.IfBuildProfile;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Development only: the page of the examples, with the demo token filled in; the description of the API, and Swagger UI to try it out. */
@Singleton
@IfBuildProfile("dev")
class DemoPages implements DevPages {

    static final String CONSOLE = "/";
    static final String SWAGGER_UI = "/q/swagger-ui/";

    private static final Path CONSOLE_FILE = Path.of("src/examples/console.html");
    private static final String FILLED_IN = "id=\"filled-in\">";

    private final DemoAccount account;

    @Inject
    DemoPages(DemoAccount account) {
        this.account = account;
    }

    @Override
    public boolean contain(String method, String rawPath) {
        // What Quarkus would answer to a call of the API that has lost its path is a redirect to a page that is not there.
        return "GET".equals(method) && rawPath != null
                && (rawPath.equals(CONSOLE) || rawPath.equals("/q/openapi") || rawPath.startsWith("/q/swagger-ui"));
    }

    void route(@Observes Router router) {
        router.get(CONSOLE).handler(this::serveConsole);
    }

    /** Read each time, so that a change shows when the page is loaded again. */
    private void serveConsole(RoutingContext request) {
        try {
            String page = Files.readString(CONSOLE_FILE)
                    .replace(FILLED_IN + "{}", FILLED_IN + "{\"token\":\"" + account.token() + "\"}");
            request.response().putHeader("Content-Type", "text/html; charset=utf-8").putHeader("Cache-Control", "no-store").end(page);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
