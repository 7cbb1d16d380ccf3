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
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** What the clients of a few accounts know to have happened, and when by their own clock ({@link System#nanoTime}). */
final class Ledger {

    private static final AtomicLong NAMES = new AtomicLong();
    /** How many of an account's newest keys are in use. */
    private static final int IN_USE = 20;
    /** How many of an account's newest holds are being settled: few, so that it happens to some twice at once. */
    private static final int HOLDS_IN_USE = 3;

    /** How many of an account's newest receipts are in use: few, so that it happens to some twice at once. */
    private static final int RECEIPTS_IN_USE = 4;

    final List<String> accounts;
    /** Which key replaces which, by their identifiers. */
    final Map<String, String> replaced = new ConcurrentHashMap<>();
    final Map<String, Key> keys = new ConcurrentHashMap<>();
    final Map<UUID, Hold> holds = new ConcurrentHashMap<>();
    /** How many holds there may be besides. */
    final AtomicInteger perhapsHolds = new AtomicInteger();
    final Queue<Settled> orders = new ConcurrentLinkedQueue<>();
    final Map<String, AtomicInteger> toggles = new ConcurrentHashMap<>();
    final Map<String, AtomicInteger> perhapsToggles = new ConcurrentHashMap<>();
    /** What a client saw that must not be. */
    final Queue<String> violations = new ConcurrentLinkedQueue<>();
    /** How often what ended how. */
    final Map<String, AtomicInteger> outcomes = new ConcurrentHashMap<>();
    private final Map<String, List<Key>> newest = new ConcurrentHashMap<>();
    private final Map<String, List<Hold>> newestHolds = new ConcurrentHashMap<>();
    private final Map<String, List<String>> receipts = new ConcurrentHashMap<>();

    /** An order, when it was first sent, and what was said of it in the end. */
    record Settled(Order order, long began, Answer answer) {
    }

    Ledger(List<String> accounts) {
        this.accounts = accounts;
        accounts.forEach(account -> {
            newest.put(account, new ArrayList<>());
            newestHolds.put(account, new ArrayList<>());
            receipts.put(account, new ArrayList<>());
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
        /** A client was told that there is no such key. */
        private volatile boolean missed;
        private BigDecimal spent = BigDecimal.ZERO;
        private BigDecimal perhapsSpent = BigDecimal.ZERO;

        private Key(String account, String name, String secret) {
            this.account = account;
            this.name = name;
            this.secret = secret;
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

    /** Credits on hold, for a call whose cost is known to whoever tells. */
    static final class Hold {
        final UUID id;
        final String key;
        final BigDecimal amount;
        /** What the call costs. */
        final BigDecimal cost;
        private final List<BigDecimal> settled = new ArrayList<>();
        private final List<BigDecimal> perhapsSettled = new ArrayList<>();
        private final List<BigDecimal> refused = new ArrayList<>();
        /** What those were told that came after its release. */
        private final List<BigDecimal> charged = new ArrayList<>();

        private Hold(UUID id, String key, BigDecimal amount, BigDecimal cost) {
            this.id = id;
            this.key = key;
            this.amount = amount;
            this.cost = cost;
        }

        synchronized void settled(BigDecimal at) {
            settled.add(at);
        }

        synchronized void charged(BigDecimal credits) {
            charged.add(credits);
        }

        /** Whether all were told what was charged in the end; {@code null}: nothing was said after a release. */
        synchronized boolean agreesWithCharge(BigDecimal end) {
            return charged.stream().allMatch(credits -> end != null && credits.compareTo(end) == 0);
        }

        synchronized void perhapsSettled(BigDecimal at) {
            perhapsSettled.add(at);
        }

        synchronized void refused(BigDecimal at) {
            refused.add(at);
        }

        /** Whether what clients were told can be true if it was settled at this cost in the end; {@code null}: it was not. */
        synchronized boolean agreesWith(BigDecimal end) {
            if (end == null) {
                return settled.isEmpty() && refused.isEmpty();
            }
            boolean known = end.signum() == 0 || settled.stream().anyMatch(at -> at.compareTo(end) == 0)
                    || perhapsSettled.stream().anyMatch(at -> at.compareTo(end) == 0);
            return known && settled.stream().allMatch(at -> at.compareTo(end) == 0)
                    && refused.stream().noneMatch(at -> at.compareTo(end) == 0);
        }

        @Override
        public String toString() {
            return "hold " + id + " of " + amount + " on key " + key + ", settled at " + settled + ", perhaps at " + perhapsSettled
                    + ", refused at " + refused + ", charged late " + charged;
        }
    }

    void count(String what, String how) {
        outcomes.computeIfAbsent(what + " " + how, outcome -> new AtomicInteger()).incrementAndGet();
    }

    /** A name for a key that starts with a letter which tells how it is made. */
    Key newKey(String account, char how) {
        String name = newName(how);
        Key key = new Key(account, name, "ek-proxy-" + account + "-" + name);
        keys.put(key.name, key);
        return key;
    }

    String newName(char how) {
        return how + Long.toString(NAMES.incrementAndGet(), Character.MAX_RADIX);
    }

    /**
     * The function has created a key.
     *
     * @param name of the key; of one that was recreated the identifier, because its name is that of the key it replaces
     */
    void created(String account, String name, String secret) {
        Key key = new Key(account, name, secret);
        keys.put(name, key);
        created(key);
    }

    /** What was said of a recreation. */
    void recreated(Order order, Answer answer) {
        count(order.kind().name(), answer.getClass().getSimpleName());
        if (answer instanceof Answer.Recreated recreated) {
            for (Answer.Created key : recreated.keys()) {
                if (replaced.putIfAbsent(key.replaces(), key.id()) != null) {
                    violations.add("key " + key.replaces() + " was recreated twice");
                }
                created(order.account(), key.id(), key.secret());
            }
        }
    }

    /** The receipt of one of the account's newest deletions; {@code null}: there is none yet. */
    String pickReceipt(String account, Random random) {
        List<String> of = receipts.get(account);
        synchronized (of) {
            return of.isEmpty() ? null : of.get(of.size() - 1 - random.nextInt(Math.min(RECEIPTS_IN_USE, of.size())));
        }
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

    /** A hold succeeded that was asked for at this moment; it is to be settled at this cost. */
    void held(Key key, UUID id, BigDecimal amount, BigDecimal cost, long began) {
        count("hold", "done");
        Hold hold = new Hold(id, key.name, amount, cost);
        holds.put(id, hold);
        List<Hold> of = newestHolds.get(key.account);
        synchronized (of) {
            of.add(hold);
        }
        if (began > key.deleted) {
            violations.add("key " + key.name + " could hold after its deletion was confirmed");
        }
    }

    void perhapsHeld() {
        perhapsHolds.incrementAndGet();
    }

    /** One of the account's newest holds; rarely one of all, late. {@code null}: there is none yet. */
    Hold pickHold(String account, Random random) {
        List<Hold> of = newestHolds.get(account);
        synchronized (of) {
            int among = random.nextInt(4) == 0 ? of.size() : Math.min(HOLDS_IN_USE, of.size());
            return of.isEmpty() ? null : of.get(of.size() - 1 - random.nextInt(among));
        }
    }

    void perhapsSpent(Key key, BigDecimal cost) {
        synchronized (key) {
            key.perhapsSpent = key.perhapsSpent.add(cost);
        }
    }

    /** What was said of a flip or an update, which are not repeated: each raises the version. */
    void changed(Order order, Answer answer) {
        String account = order.account();
        count(order.kind().name(), answer.getClass().getSimpleName());
        if (answer instanceof Answer.Toggled || answer instanceof Answer.Updated) {
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
        if (answer instanceof Answer.Done done && done.deleted() > 0) {
            List<String> of = receipts.get(order.account());
            synchronized (of) {
                of.add(done.receipt());
            }
        }
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
