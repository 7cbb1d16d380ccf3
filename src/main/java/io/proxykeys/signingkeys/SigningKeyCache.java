package io.proxykeys.signingkeys;

import io.proxykeys.log.RootCause;
import io.smallrye.mutiny.Uni;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.function.Supplier;
import javax.net.ssl.SSLException;
import org.jboss.logging.Logger;

/**
 * A document with public keys that was fetched from its source, and is kept for a time. It stays in use for as long as the source fails:
 * a source that does not answer locks out nobody whose key is known.
 *
 * @param <K> the document, read
 */
public final class SigningKeyCache<K> {

    private static final Logger LOG = Logger.getLogger(SigningKeyCache.class);
    private static final Duration BETWEEN_FIRST_FETCHES = Duration.ofSeconds(2);

    private final Object source;
    private final Supplier<Uni<K>> fetch;
    private final Predicate<K> isEmpty;
    private final Duration maxAge;
    private final Duration betweenFetches;
    private volatile Known<K> known;
    private volatile Long attemptedAt;

    private record Known<K>(K keys, long since) {
    }

    /**
     * Nothing is fetched yet.
     *
     * @param source for the log
     * @param fetch fetches the document and reads it
     * @param isEmpty whether there is no key in it that can be used
     * @param maxAge after which the source is asked again, so that a key that was withdrawn does not stay
     * @param betweenFetches how long the source is left alone: anybody can name a key that is not known
     */
    public SigningKeyCache(Object source, Supplier<Uni<K>> fetch, Predicate<K> isEmpty, Duration maxAge, Duration betweenFetches) {
        this.source = source;
        this.fetch = fetch;
        this.isEmpty = isEmpty;
        this.maxAge = maxAge;
        this.betweenFetches = betweenFetches;
    }

    /** What is known now; empty if nothing was ever fetched. */
    public Optional<K> known() {
        return Optional.ofNullable(known).map(Known::keys);
    }

    /** Completes when there are keys to verify with, not much older than their time; fails with {@link NoKeySet} while there are none. */
    public Uni<Void> ready() {
        if (hasNone()) {
            return fetchAfter(BETWEEN_FIRST_FETCHES).invoke(this::requireKeys).replaceWithVoid();
        }
        return elapsed(known.since) < maxAge.toNanos() ? Uni.createFrom().voidItem() : renewed().replaceWithVoid();
    }

    /**
     * Asks the source again, unless it was asked not long ago; {@code true} when that brought an answer. Fails with {@link NoKeySet} if
     * there are no keys after it.
     */
    public Uni<Boolean> renewed() {
        return fetchAfter(betweenFetches).invoke(this::requireKeys);
    }

    /** Asks the source. Does not fail: a source that does not answer is logged, and the item is {@code false}. */
    Uni<Boolean> fetch() {
        attemptedAt = System.nanoTime();
        return fetch.get()
                .invoke(keys -> known = new Known<>(keys, System.nanoTime()))
                .replaceWith(true)
                .onFailure().invoke(failure -> LOG.errorf("Cannot fetch the key set from %s: %s", source, reason(failure)))
                .onFailure().recoverWithItem(false);
    }

    private Uni<Boolean> fetchAfter(Duration pause) {
        return attemptedAt != null && elapsed(attemptedAt) < pause.toNanos() ? Uni.createFrom().item(false) : fetch();
    }

    /** With the root cause, because only that says what is wrong with a certificate. */
    private static String reason(Throwable failure) {
        Throwable root = RootCause.of(failure);
        return (root == failure ? failure.toString() : failure + ", because of " + root) + advice(failure, root);
    }

    /** What to change, where the words of the failure do not say it. */
    private static String advice(Throwable failure, Throwable root) {
        if (root instanceof SocketTimeoutException) {
            return ". The function's subnets and security groups have to let it reach this address, a public one through a NAT gateway";
        }
        // What a server says that wants a certificate of its client: in TLS 1.3 (RFC 8446, section 6.2), and before.
        boolean clientCertificate = failure instanceof SSLException
                && (root.getMessage().contains("certificate_required") || root.getMessage().contains("bad_certificate"));
        return clientCertificate ? ". The source asks for a client certificate, and the function has none: have it served without" : "";
    }

    /** A source that withdraws every key means it. */
    private boolean hasNone() {
        return known == null || isEmpty.test(known.keys);
    }

    private void requireKeys() {
        if (hasNone()) {
            throw new NoKeySet();
        }
    }

    private static long elapsed(long since) {
        return System.nanoTime() - since;
    }
}
