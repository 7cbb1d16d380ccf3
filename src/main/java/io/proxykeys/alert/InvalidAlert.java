package io.proxykeys.alert;

/** An event that is not an alert, or a malformed one: repeating it does not help, a person has to look at it. */
public final class InvalidAlert extends RuntimeException {

    public InvalidAlert(String message) {
        super(message, null, false, false);
    }
}
