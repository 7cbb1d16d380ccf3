package io.proxykeys.lambda;

/** Pages that development serves beside the API. The packaged function has no such bean, and so none of them. */
public interface DevPages {

    DevPages NONE = (method, rawPath) -> false;

    /** Whether such a request is for the router as it is, without exact match, token and problem details. */
    boolean contain(String method, String rawPath);
}
