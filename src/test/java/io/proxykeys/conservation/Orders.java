package io.proxykeys.conservation;

import io.proxykeys.harness.Postgres;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.stream.Stream;

/** What one client asks of the function, at random. */
final class Orders {

    private static final int MOST_REPEATS = 40;

    private final Ledger ledger;
    private final Random random;
    private final BlockingQueue<FunctionCopy> copies;
    private final Session gateway;

    Orders(Ledger ledger, Random random, BlockingQueue<FunctionCopy> copies, Session gateway) {
        this.ledger = ledger;
        this.random = random;
        this.copies = copies;
        this.gateway = gateway;
    }

    /** Keys are to be deleted, suspended, resumed, rotated or toggled. */
    void any(String account) throws InterruptedException {
        switch (random.nextInt(100) / 5) {
            case 0, 1, 2, 3, 4 -> delete(account, Order.Kind.REMOVE);
            case 5, 6, 7, 8, 9 -> toggle(account);
            case 10, 11 -> rotate(account);
            case 12, 13 -> resume(account);
            case 14, 15 -> {
                if (ledger.isQuiet(account)) {
                    rotate(account);
                } else {
                    delete(account, Order.Kind.DELETE_ALL);
                }
            }
            case 16 -> delete(account, Order.Kind.SEVERAL);
            case 17 -> delete(account, ledger.isQuiet(account) ? Order.Kind.KEY_ALERT
                    : one(Order.Kind.ALERT, Order.Kind.ALERT, Order.Kind.OWNER_ALERT));
            case 18 -> delete(account, Order.Kind.KEY_ALERT);
            default -> delete(account, one(Order.Kind.EXPIRED, Order.Kind.INACTIVE, Order.Kind.SUSPENDED, Order.Kind.NEVER_USED,
                    Order.Kind.PREFIX));
        }
    }

    private Order.Kind one(Order.Kind... of) {
        return of[random.nextInt(of.length)];
    }

    /** One, or some; empty: there is none yet. */
    private List<Key.Secret> keys(String account, Order.Kind kind) {
        int many = kind.mostKeys() == 0 ? 0 : 1 + random.nextInt(kind.mostKeys());
        return Stream.generate(() -> ledger.pick(account, random)).limit(many).filter(Objects::nonNull).distinct().toList();
    }

    void release(String account) throws InterruptedException {
        ledger.count(Order.Kind.RELEASE.name(), ask(Order.of(Order.Kind.RELEASE, account, List.of())).getClass().getSimpleName());
    }

    /** From the function, which alone knows the secrets until it is answered. */
    void newKey(String account) throws InterruptedException {
        String receipt = random.nextInt(3) == 0 ? null : ledger.pickReceipt(account, random);
        if (receipt != null) {
            Order order = Order.of(Order.Kind.RECREATE, account, List.of(), null, receipt);
            ledger.recreated(order, ask(order));
            return;
        }
        Order order = Order.create(account, ledger.newName('c'), BigDecimal.valueOf(1 + random.nextInt(20_000_000), 6));
        Answer answer = ask(order);
        ledger.count(order.kind().name(), answer.getClass().getSimpleName());
        if (answer instanceof Answer.Created created) {
            ledger.created(account, order.name(), created.secret());
        }
    }

    /** Another allocation, which is often less than what is used; or only a look. */
    void change(String account) throws InterruptedException {
        List<Key.Secret> keys = keys(account, Order.Kind.UPDATE);
        if (keys.isEmpty()) {
            return;
        }
        if (random.nextInt(3) > 0) {
            Order order = Order.of(Order.Kind.UPDATE, account, keys, BigDecimal.valueOf(1 + random.nextInt(20_000_000), 6), null);
            ledger.changed(order, ask(order));
            return;
        }
        Key key = keys.get(0).key;
        BigDecimal spent = key.spent();
        Order order = Order.of(Order.Kind.LOOKUP, account, keys);
        Answer answer = ask(order);
        ledger.count(order.kind().name(), answer.getClass().getSimpleName());
        if (answer instanceof Answer.LookedUp found && (found.used().compareTo(spent) < 0
                || found.used().compareTo(found.allocated()) > 0)) {
            ledger.violations.add("key " + key.name + " had spent " + spent + ", and " + found + " was found");
        }
    }

    private void toggle(String account) throws InterruptedException {
        List<Key.Secret> keys = keys(account, Order.Kind.TOGGLE);
        if (!keys.isEmpty()) {
            Order order = Order.of(Order.Kind.TOGGLE, account, keys);
            ledger.changed(order, ask(order));
        }
    }

    /** The secrets overlap not at all, for a second, which is over soon, or to the end. */
    private void rotate(String account) throws InterruptedException {
        List<Key.Secret> keys = keys(account, Order.Kind.ROTATE);
        if (!keys.isEmpty()) {
            Order order = Order.of(Order.Kind.ROTATE, account, keys, new BigDecimal(List.of(0, 1, 1, 600).get(random.nextInt(4))), null);
            Answer answer = ask(order);
            ledger.changed(order, answer);
            if (answer instanceof Answer.Rotated) {
                createBurnt(keys.get(0));
            }
        }
    }

    private void resume(String account) throws InterruptedException {
        Answer.Suspended suspension = ledger.pickSuspension(account, random);
        if (suspension != null) {
            Order order = Order.of(Order.Kind.RESUME, account, List.of(), null, suspension.suspension());
            ledger.resumed(order, suspension, ask(order));
        }
    }

    /** Or suspends the same keys. */
    private void delete(String account, Order.Kind kind) throws InterruptedException {
        List<Key.Secret> keys = keys(account, kind);
        if (keys.isEmpty() && kind.mostKeys() > 0) {
            return;
        }
        String prefix = kind == Order.Kind.PREFIX ? prefix(keys.get(0).key.name) : null;
        if (kind == Order.Kind.KEY_ALERT || kind == Order.Kind.OWNER_ALERT) {
            // What leaks is as often an old one.
            List<Key.Secret> all = keys.get(0).key.secrets();
            keys = List.of(all.get(random.nextInt(all.size())));
        }
        Order order = Order.of(kind, account, prefix == null ? keys : List.of(), null, prefix);
        carryOut(kind.canSuspend() && random.nextInt(3) == 0 ? order.suspending() : order);
    }

    /** Of the key's name, and of some others. */
    private static String prefix(String name) {
        return name.substring(0, Math.min(name.length() - 1, 25));
    }

    private void carryOut(Order order) throws InterruptedException {
        Instant began = Ledger.now();
        Answer answer = askUntilAnswered(order);
        ledger.settled(order, began, answer);
        if (order.isAlertOfKey() && !order.suspends() && (answer instanceof Answer.Done || answer instanceof Answer.Refused)) {
            createBurnt(order.secret());
        }
        if ((answer instanceof Answer.Done || answer instanceof Answer.Suspended) && random.nextInt(10) == 0) {
            Answer repeated = ask(order);
            if (repeated.getClass() == answer.getClass() && !repeated.equals(answer)) {
                ledger.violations.add(order + " was answered " + answer + ", and its repeat " + repeated);
            }
        }
    }

    /** A secret that an alert named, or that a rotation replaced: nobody can ever create it again. */
    private void createBurnt(Key.Secret secret) {
        try {
            gateway.statement(connection -> Postgres.one(connection, String.class,
                    "SELECT create_proxy_key(?, 'burnt', ?, 0.000001, NULL, NULL, NULL)", secret.key.account, secret.hash));
            ledger.violations.add(secret + " was burnt, and was created again");
        } catch (Session.Failed failed) {
            ledger.understood(failed);
        }
    }

    /** Repeats what was not answered, by the same name, as a client does that wants to know. */
    private Answer askUntilAnswered(Order order) throws InterruptedException {
        boolean unknown = false;
        for (int i = 0; i < MOST_REPEATS; i++) {
            Answer answer = ask(order);
            if (answer instanceof Answer.Done || answer instanceof Answer.Suspended || answer instanceof Answer.Refused) {
                return answer;
            }
            unknown |= answer instanceof Answer.Unknown;
            Session.pause(i < 5 ? 2 : 200);
        }
        return unknown ? new Answer.Unknown() : new Answer.Unavailable();
    }

    private Answer ask(Order order) throws InterruptedException {
        FunctionCopy copy = copies.take();
        try {
            return copy.carryOut(order);
        } finally {
            copies.add(copy);
        }
    }
}
