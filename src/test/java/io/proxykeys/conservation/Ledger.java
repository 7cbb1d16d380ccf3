package io.proxykeys.conservation;

import java.math.BigDecimal;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
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

/** What the clients of a few accounts know to have happened, and when by the clock of this machine, which is the database's too. */
final class Ledger {

    private static final AtomicLong NAMES = new AtomicLong();
    /** How many of an account's newest keys are in use. */
    private static final int KEYS_IN_USE = 20;
    /** How many of an account's newest holds, receipts and suspensions are in use: few, so that it happens to some twice at once. */
    private static final int IN_USE = 3;

    final List<String> accounts;
    /** Which key replaces which, by their identifiers. */
    final Map<String, String> replaced = new ConcurrentHashMap<>();
    final Map<String, Key> keys = new ConcurrentHashMap<>();
    final Map<UUID, Hold> holds = new ConcurrentHashMap<>();
    /** How many holds there may be besides. */
    final AtomicInteger perhapsHolds = new AtomicInteger();
    final Queue<Settled> orders = new ConcurrentLinkedQueue<>();
    final Queue<Use> uses = new ConcurrentLinkedQueue<>();
    /** How often keys of an account were changed by orders that leave no receipt, and how often they may have been besides. */
    final Map<String, AtomicInteger> changes = new ConcurrentHashMap<>();
    final Map<String, AtomicInteger> perhapsChanges = new ConcurrentHashMap<>();
    /** How many keys of each suspension clients were told to be enabled again. */
    final Map<String, AtomicInteger> resumed = new ConcurrentHashMap<>();
    /** What a client saw that must not be. */
    final Queue<String> violations = new ConcurrentLinkedQueue<>();
    /** How often what ended how. */
    final Map<String, AtomicInteger> outcomes = new ConcurrentHashMap<>();
    private final Map<String, List<Key>> newest = new ConcurrentHashMap<>();
    /** Those that have had another secret: they are in use for longer, until an overlap is over. */
    private final Map<String, List<Key>> rotated = new ConcurrentHashMap<>();
    private final Map<String, List<Hold>> newestHolds = new ConcurrentHashMap<>();
    private final Map<String, List<String>> receipts = new ConcurrentHashMap<>();
    private final Map<String, List<Answer.Suspended>> suspensions = new ConcurrentHashMap<>();

    /** An order, when it was first sent, and what was said of it in the end. */
    record Settled(Order order, Instant began, Answer answer) {
    }

    /**
     * A spend or a hold.
     *
     * @param refused there was no such key, it was said; else it succeeded
     */
    record Use(Key.Secret secret, Instant began, Instant ended, boolean refused) {
    }

    Ledger(List<String> accounts) {
        this.accounts = accounts;
        accounts.forEach(account -> {
            newest.put(account, new ArrayList<>());
            rotated.put(account, new ArrayList<>());
            newestHolds.put(account, new ArrayList<>());
            receipts.put(account, new ArrayList<>());
            suspensions.put(account, new ArrayList<>());
            changes.put(account, new AtomicInteger());
            perhapsChanges.put(account, new AtomicInteger());
        });
    }

    /** As exact as the database tells it. */
    static Instant now() {
        return Instant.now().truncatedTo(ChronoUnit.MICROS);
    }

    void count(String what, String how) {
        outcomes.computeIfAbsent(what + " " + how, outcome -> new AtomicInteger()).incrementAndGet();
    }

    private void count(Order order, Answer answer) {
        count((order.suspends() ? "SUSPEND " : "") + order.kind(), answer.getClass().getSimpleName());
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

    /** The function has created a key. */
    void created(String account, String name, String secret) {
        Key key = new Key(account, name, secret);
        keys.put(name, key);
        created(key);
    }

    void created(Key key) {
        count("create", "done");
        key.created = now();
        offer(key);
    }

    /** It may have been created: to be tried. */
    void offer(Key key) {
        add(newest, key.account, key);
    }

    /** What was said of a recreation. */
    void recreated(Order order, Answer answer) {
        count(order, answer);
        if (answer instanceof Answer.Recreated recreated) {
            for (Answer.Created key : recreated.keys()) {
                if (replaced.putIfAbsent(key.replaces(), key.id()) != null) {
                    violations.add("key " + key.replaces() + " was recreated twice");
                }
                created(order.account(), key.id(), key.secret());
            }
        }
    }

    /** Of this account no key is deleted with all others: some live longer than a second. */
    boolean isQuiet(String account) {
        return account.equals(accounts.get(0));
    }

    /** A secret of one of the keys in use, more often alive than dead; {@code null}: there is none yet. */
    Key.Secret pick(String account, Random random) {
        Key key = null;
        for (int i = 0; i < 4 && (key == null || !key.seemsAlive()); i++) {
            key = random.nextInt(4) == 0 ? pick(rotated, account, KEYS_IN_USE, random) : null;
            key = key == null ? pick(newest, account, KEYS_IN_USE, random) : key;
            if (key == null) {
                return null;
            }
        }
        return key.secret(random);
    }

    /** The receipt of one of the account's newest deletions; {@code null}: there is none yet. */
    String pickReceipt(String account, Random random) {
        return pick(receipts, account, IN_USE, random);
    }

    /** One of the account's newest suspensions; {@code null}: there is none yet. */
    Answer.Suspended pickSuspension(String account, Random random) {
        return pick(suspensions, account, IN_USE, random);
    }

    /** One of the account's newest holds; now and then one of all, late. {@code null}: there is none yet. */
    Hold pickHold(String account, Random random) {
        return pick(newestHolds, account, random.nextInt(3) == 0 ? Integer.MAX_VALUE : IN_USE, random);
    }

    private static <T> void add(Map<String, List<T>> all, String account, T one) {
        List<T> of = all.get(account);
        synchronized (of) {
            of.add(one);
        }
    }

    private static <T> T pick(Map<String, List<T>> all, String account, int among, Random random) {
        List<T> of = all.get(account);
        synchronized (of) {
            return of.isEmpty() ? null : of.get(of.size() - 1 - random.nextInt(Math.min(among, of.size())));
        }
    }

    /** A spend succeeded that was asked for at this moment. */
    void spent(Key.Secret secret, BigDecimal cost, Instant began) {
        count("spend", "done");
        secret.key.spent(cost);
        used(secret, began, "spend");
    }

    /** A hold succeeded that was asked for at this moment; it is to be settled at this cost. */
    void held(Key.Secret secret, UUID id, BigDecimal amount, BigDecimal cost, Instant began) {
        count("hold", "done");
        Hold hold = new Hold(id, secret.key.name, amount, cost);
        holds.put(id, hold);
        add(newestHolds, secret.key.account, hold);
        used(secret, began, "hold");
    }

    private void used(Key.Secret secret, Instant began, String what) {
        uses.add(new Use(secret, began, now(), false));
        if (secret.key.wasDeletedBefore(began)) {
            violations.add("key " + secret.key.name + " could " + what + " after its deletion was confirmed");
        }
    }

    /** A client was told that there is no such key. */
    void missed(Key.Secret secret, Instant began) {
        secret.missed();
        if (secret.key.wasCreatedBefore(began)) {
            uses.add(new Use(secret, began, now(), true));
        }
    }

    void perhapsHeld() {
        perhapsHolds.incrementAndGet();
    }

    /** Our own refusals, lost connections and servers that start or stop are to be expected; a deadlock is not. */
    Session.Failed understood(Session.Failed failed) {
        count("refused", failed.state);
        if (!failed.state.matches("PK0(0\\d|10)|08.*|57P.*|NOT CONNECTED")) {
            violations.add("a client was told " + failed.getCause());
        }
        return failed;
    }

    /** What was said of an order that is not repeated, and leaves no receipt: each change raises the version. */
    void changed(Order order, Answer answer) {
        count(order, answer);
        boolean changed = answer instanceof Answer.Toggled || answer instanceof Answer.Updated || answer instanceof Answer.Rotated
                || (answer instanceof Answer.Resumed keys && keys.resumed() > 0);
        if (changed) {
            changes.get(order.account()).incrementAndGet();
        } else if (answer instanceof Answer.Unknown) {
            perhapsChanges.get(order.account()).incrementAndGet();
        }
        // In the order asked for; fewer: the first attempt was not answered, and others took some before the second, nobody knows which.
        if (answer instanceof Answer.Rotated keys && keys.keys().size() == order.secrets().size()) {
            for (int i = 0; i < keys.keys().size(); i++) {
                Key key = order.secrets().get(i).key;
                key.rotated(keys.keys().get(i).secret());
                add(rotated, key.account, key);
            }
        }
    }

    /** What was said of a resumption. */
    void resumed(Order order, Answer.Suspended suspension, Answer answer) {
        changed(order, answer);
        if (answer instanceof Answer.Resumed keys) {
            resumed.computeIfAbsent(suspension.suspension(), id -> new AtomicInteger()).addAndGet(keys.resumed());
            if (keys.resumed() + keys.skipped() + keys.remaining() != suspension.keys()) {
                violations.add(suspension + " was ended, and the caller was told " + keys);
            }
        } else if (answer instanceof Answer.Refused) {
            violations.add(suspension + " was not found again");
        }
    }

    /** What was said of an order in the end. */
    void settled(Order order, Instant began, Answer answer) {
        count(order, answer);
        orders.add(new Settled(order, began, answer));
        if (answer instanceof Answer.Suspended suspended && suspended.keys() > 0) {
            add(suspensions, order.account(), suspended);
        }
        if (answer instanceof Answer.Done done) {
            if (done.deleted() > 0) {
                add(receipts, order.account(), done.receipt());
            }
            if (order.kind() == Order.Kind.REMOVE) {
                order.secret().key.deleted();
            } else if (order.kind() == Order.Kind.DELETE_ALL) {
                List<Key> of = newest.get(order.account());
                synchronized (of) {
                    of.stream().filter(key -> key.wasCreatedBefore(began)).forEach(Key::deleted);
                }
            }
        }
    }
}
