package io.proxykeys.conservation;

import java.math.BigDecimal;
import java.util.List;

/** What a copy of the function says of an order. */
sealed interface Answer {

    /** It was carried out, as this receipt says. */
    record Done(String receipt, int deleted, BigDecimal creditsReturned, BigDecimal balance) implements Answer {
    }

    /** So many keys are disabled, until this suspension ends. */
    record Suspended(String suspension, int keys) implements Answer {
    }

    /** So many keys of a suspension are enabled; so many are in it no longer, and so many still are. */
    record Resumed(int resumed, int skipped, int remaining) implements Answer {
    }

    /** Keys have these secrets now, in the order that was asked for. */
    record Rotated(List<Created> keys) implements Answer {
    }

    /** The key is enabled or disabled now. */
    record Toggled() implements Answer {
    }

    /** Some of the holds that were not settled in time are settled at 0 now, and none is left that was not busy. */
    record Released() implements Answer {
    }

    /**
     * A key was created, or has another secret.
     *
     * @param replaces the identifier of the deleted key that it was recreated from; else {@code null}
     */
    record Created(String id, String secret, String replaces) implements Answer {
    }

    /** Keys were recreated. */
    record Recreated(List<Created> keys, BigDecimal credits) implements Answer {
    }

    /** The key has this allocation now. */
    record Updated() implements Answer {
    }

    /** The key, as it was. */
    record LookedUp(BigDecimal allocated, BigDecimal used) implements Answer {
    }

    /** Nothing was changed, and a repeat would not help: there is no such key, say. */
    record Refused() implements Answer {
    }

    /** Nothing was changed; try again. */
    record Unavailable() implements Answer {
    }

    /** Nobody can say whether it was carried out. */
    record Unknown() implements Answer {
    }
}
