package io.proxykeys.conservation;

import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
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
    /** How often what ended how. */
    final Map<String, AtomicInteger> outcomes = new ConcurrentHashMap<>();
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
        /** The same by the clock of this machine, which is the database's too. */
        private volatile Instant createdAt = Instant.MAX;
        /** When a deletion was confirmed that it must have been part of. */
        private volatile long deleted = Long.MAX_VALUE;
        /** Somebody was told that there is no such key. */
        private volatile boolean missed;
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

        boolean wasCreatedBefore(Instant moment) {
            return createdAt.isBefore(moment);
        }

        boolean wasCreatedBefore(long moment) {
            return created < moment;
        }

        void missed() {
            missed = true;
        }

        private boolean seemsAlive() {
            return !missed && deleted == Long.MAX_VALUE;
        }

        synchronized BigDecimal spent() {
            return spent;
        }

        synchronized BigDecimal mostSpent() {
            return spent.add(perhapsSpent);
        }
    }

    void count(String what, String how) {
        outcomes.computeIfAbsent(what + " " + how, outcome -> new AtomicInteger()).incrementAndGet();
    }

    /** A name for a key that starts with a letter which tells how it is made. */
    Key newKey(String account, char how) {
        Key key = new Key(account, how + Long.toString(NAMES.incrementAndGet(), Character.MAX_RADIX));
        keys.put(key.name, key);
        return key;
    }

    void created(Key key) {
        count("create", "done");
        key.createdAt = Instant.now();
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

    /** One of the account's newest keys, more often alive than dead; {@code null}: there is none yet. */
    Key pick(String account, Random random) {
        List<Key> of = newest.get(account);
        synchronized (of) {
            Key key = null;
            for (int i = 0; i < 4 && !of.isEmpty() && (key == null || !key.seemsAlive()); i++) {
                key = of.get(of.size() - 1 - random.nextInt(Math.min(IN_USE, of.size())));
            }
            return key;
        }
    }

    /** A spend succeeded that was asked for at this moment. */
    void spent(Key key, BigDecimal cost, long began) {
        count("spend", "done");
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

    /** What was said of a flip, which cannot be repeated. */
    void toggled(String account, Answer answer) {
        count(Order.Kind.TOGGLE.name(), answer.getClass().getSimpleName());
        if (answer instanceof Answer.Toggled) {
            toggles.get(account).incrementAndGet();
        } else if (answer instanceof Answer.Unknown) {
            perhapsToggles.get(account).incrementAndGet();
        }
    }

    /** What was said of an order in the end. */
    void settled(Order order, long began, Answer answer) {
        long now = System.nanoTime();
        count(order.kind().name(), answer.getClass().getSimpleName());
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
