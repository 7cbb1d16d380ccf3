package io.proxykeys.alert;

/** An alert that could not be carried out, now or at all: Lambda repeats it and then hands it to the on-failure destination. */
public final class AlertFailed extends RuntimeException {

    public AlertFailed(String message, Throwable cause) {
        super(message, cause, false, false);
    }
}
