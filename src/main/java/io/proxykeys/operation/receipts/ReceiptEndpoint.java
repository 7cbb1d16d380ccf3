package io.proxykeys.operation.receipts;

import io.proxykeys.auth.Caller;
import io.proxykeys.http.Endpoint;
import io.proxykeys.http.Request;
import io.proxykeys.http.Response;
import io.proxykeys.http.Route;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;

/**
 * {@code GET /v1/auth/proxy/revocation?id=}: one of the account's receipts with the keys it deleted, paged by {@code Link}. One shape for
 * one URL, for generated clients.
 */
@Singleton
class ReceiptEndpoint implements Endpoint {

    private final ReceiptReader reader;

    @Inject
    ReceiptEndpoint(ReceiptReader reader) {
        this.reader = reader;
    }

    @Override
    public Route route() {
        return Route.RECEIPT;
    }

    @Override
    public Uni<Response> serve(Request request, Caller caller) {
        return reader.read(caller.account(), request.rawQuery(), route());
    }
}
