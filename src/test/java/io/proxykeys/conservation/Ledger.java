package io.proxykeys.conservation;

import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** What the clients of a few accounts know to have happened, and when by their own clock ({@link System#nanoTime}). */
final class Ledger {

    private static final AtomicLong NAMES = new AtomicLong();
    /** How many of an account's newest keys are in use. */
    private static final int IN_USE = 20;

    final List<String> accounts;
    final Map<String, Key> keys = new ConcurrentHashMap<>();
    final Queue<Settled> orders = new ConcurrentLinkedQueue<>();
    final Map<String, AtomicInteger> toggles = new ConcurrentHashMap<>();
    final Map<String, AtomicInteger> perhapsToggles = new ConcurrentHashMap<>();
    /** What a client saw that must not be. */
    final Queue<String> violations = new ConcurrentLinkedQueue<>();
    private final Map<String, List<Key>> newest = new ConcurrentHashMap<>();

    /** An order, when it was first sent, and what was said of it in the end. */
    record Settled(Order order, long began, Answer answer) {
    }

    Ledger(List<String> accounts) {
        this.accounts = accounts;
        accounts.forEach(account -> {
            newest.put(account, new ArrayList<>());
            toggles.put(account, new AtomicInteger());
            perhapsToggles.put(account, new AtomicInteger());
        });
    }

    /** A key that a client knows the secret of. */
    static final class Key {
        final String account;
        final String name;
        final String secret;
        final byte[] hash;
        /** When its creation was confirmed; at the end of time: it was not. */
        private volatile long created = Long.MAX_VALUE;
        /** When a deletion was confirmed that it must have been part of. */
        private volatile long deleted = Long.MAX_VALUE;
        private BigDecimal spent = BigDecimal.ZERO;
        private BigDecimal perhapsSpent = BigDecimal.ZERO;

        private Key(String account, String name) {
            this.account = account;
            this.name = name;
            this.secret = "ek-proxy-" + account + "-" + name;
            try {
                this.hash = MessageDigest.getInstance("SHA-256").digest(secret.getBytes(StandardCharsets.UTF_8));
            } catch (NoSuchAlgorithmException e) {
                throw new IllegalStateException(e);
            }
        }

        boolean wasCreatedBefore(long moment) {
            return created < moment;
        }

        synchronized BigDecimal spent() {
            return spent;
        }

        synchronized BigDecimal mostSpent() {
            return spent.add(perhapsSpent);
        }
    }

    /** A name for a key that starts with a letter which tells how it is made. */
    Key newKey(String account, char how) {
        Key key = new Key(account, how + Long.toString(NAMES.incrementAndGet(), Character.MAX_RADIX));
        keys.put(key.name, key);
        return key;
    }

    void created(Key key) {
        key.created = System.nanoTime();
        offer(key);
    }

    /** It may have been created: to be tried. */
    void offer(Key key) {
        List<Key> of = newest.get(key.account);
        synchronized (of) {
            of.add(key);
        }
    }

    /** One of the account's newest keys, dead or alive; {@code null}: there is none yet. */
    Key pick(String account, int dice) {
        List<Key> of = newest.get(account);
        synchronized (of) {
            return of.isEmpty() ? null : of.get(of.size() - 1 - dice % Math.min(IN_USE, of.size()));
        }
    }

    /** A spend succeeded that was asked for at this moment. */
    void spent(Key key, BigDecimal cost, long began) {
        synchronized (key) {
            key.spent = key.spent.add(cost);
        }
        if (began > key.deleted) {
            violations.add("key " + key.name + " could spend after its deletion was confirmed");
        }
    }

    void perhapsSpent(Key key, BigDecimal cost) {
        synchronized (key) {
            key.perhapsSpent = key.perhapsSpent.add(cost);
        }
    }

    /** What was said of an order in the end. */
    void settled(Order order, long began, Answer answer) {
        long now = System.nanoTime();
        orders.add(new Settled(order, began, answer));
        if (answer instanceof Answer.Done && order.kind() == Order.Kind.REMOVE) {
            order.key().deleted = Math.min(order.key().deleted, now);
        } else if (answer instanceof Answer.Done && order.kind() == Order.Kind.DELETE_ALL) {
            List<Key> of = newest.get(order.account());
            synchronized (of) {
                of.stream().filter(key -> key.wasCreatedBefore(began)).forEach(key -> key.deleted = Math.min(key.deleted, now));
            }
        }
    }
}
