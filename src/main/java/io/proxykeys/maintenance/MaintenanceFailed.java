package io.proxykeys.maintenance;

/** A maintenance event that could not be carried out: a function error, which the stack's alarm counts. */
public final class MaintenanceFailed extends RuntimeException {

    public MaintenanceFailed(String message, Throwable cause) {
        super(message, cause, false, false);
    }
}
