package io.proxykeys.harness;

import io.restassured.builder.ResponseBuilder;
import io.restassured.filter.Filter;
import io.restassured.filter.FilterContext;
import io.restassured.http.Header;
import io.restassured.http.Headers;
import io.restassured.response.Response;
import io.restassured.specification.FilterableRequestSpecification;
import io.restassured.specification.FilterableResponseSpecification;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Sends REST Assured's requests with the client of the JDK, where its own cannot be used: it finds the handler of an answer by a word
 * that it lower-cases in the default locale (rest-assured#1889), so in Turkish every GET or DELETE answered with 400 or more
 * is an exception. To be dropped with a version that is fixed.
 */
final class SentByTheJdk implements Filter {

    private static final HttpClient CLIENT = HttpClient.newHttpClient();
    /** Written by the client itself. */
    private static final Set<String> OF_THE_CLIENT = Set.of("host", "content-length", "connection");

    /** Whether the default locale is one in which REST Assured's own client fails. */
    static boolean isNeeded() {
        return !"FAILURE".toLowerCase(Locale.getDefault()).equals("failure");
    }

    @Override
    public Response filter(FilterableRequestSpecification request, FilterableResponseSpecification expected, FilterContext context) {
        HttpRequest.Builder sent = HttpRequest.newBuilder(URI.create(request.getURI()));
        Object body = request.getBody();
        sent.method(request.getMethod(), body == null ? BodyPublishers.noBody() : BodyPublishers.ofString(body.toString()));
        request.getHeaders().asList().stream()
                .filter(header -> !OF_THE_CLIENT.contains(header.getName().toLowerCase(Locale.ROOT)))
                .forEach(header -> sent.header(header.getName(), header.getValue()));
        try {
            return received(CLIENT.send(sent.build(), BodyHandlers.ofByteArray()));
        } catch (IOException e) {
            throw new AssertionError(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    private static Response received(HttpResponse<byte[]> answer) {
        List<Header> headers = answer.headers().map().entrySet().stream()
                .flatMap(header -> header.getValue().stream().map(value -> new Header(header.getKey(), value)))
                .toList();
        return new ResponseBuilder()
                .setStatusCode(answer.statusCode())
                .setHeaders(new Headers(headers))
                .setContentType(answer.headers().firstValue("content-type").orElse(""))
                .setBody(answer.body())
                .build();
    }
}
