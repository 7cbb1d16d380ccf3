package io.proxykeys.conservation;

import java.math.BigDecimal;

/** What a copy of the function says of an order. */
sealed interface Answer {

    /** It was carried out, as this receipt says. */
    record Done(String receipt, int deleted, BigDecimal creditsReturned, BigDecimal balance) implements Answer {
    }

    /** The key is enabled or disabled now. */
    record Toggled() implements Answer {
    }

    /** Some of the holds that were not settled in time are settled at 0 now, and none is left that was not busy. */
    record Released() implements Answer {
    }

    /** Nothing was changed, and a repeat would not help: there is no such key. */
    record Refused() implements Answer {
    }

    /** Nothing was changed; try again. */
    record Unavailable() implements Answer {
    }

    /** Nobody can say whether it was carried out. */
    record Unknown() implements Answer {
    }
}
