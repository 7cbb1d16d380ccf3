package io.proxykeys.conservation;

import io.proxykeys.harness.Postgres;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.EnumSet;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;

/** One of many that use the same accounts at the same time: spends, holds, settles, creates, tops up, and orders deletions, at random. */
final class Client implements AutoCloseable {

    private static final int MOST_REPEATS = 40;

    private final Ledger ledger;
    private final Random random;
    private final BlockingQueue<FunctionCopy> copies;
    private static final Set<Order.Kind> KEYED = EnumSet.of(Order.Kind.REMOVE, Order.Kind.TOGGLE, Order.Kind.KEY_ALERT,
            Order.Kind.OWNER_ALERT);

    private final Session gateway;
    private final Session owner;
    private final Settlement settlement;

    Client(Postgres server, String database, Ledger ledger, long seed, BlockingQueue<FunctionCopy> copies, Settlement settlement) {
        this.ledger = ledger;
        this.random = new Random(seed);
        this.copies = copies;
        this.gateway = new Session(server, database, Postgres.DATA_PLANE_USER);
        this.owner = new Session(server, database, "postgres");
        this.settlement = settlement;
    }

    /** Does one thing, whatever becomes of it. */
    void act() throws InterruptedException {
        String account = ledger.accounts.get(random.nextInt(ledger.accounts.size()));
        int dice = random.nextInt(1000);
        if (dice < 25) {
            orderKey(account);
        } else if (dice < 50) {
            change(account);
        } else if (dice < 360) {
            spend(account);
        } else if (dice < 400) {
            useTwo(account);
        } else if (dice < 500) {
            hold(account);
        } else if (dice < 515) {
            renew(account);
        } else if (dice < 640) {
            settle(account);
        } else if (dice < 760) {
            create(account);
        } else if (dice < 810) {
            insertFirst(account);
        } else if (dice < 825) {
            topUp(account);
        } else if (dice < 830) {
            release(account);
        } else {
            order(account, kind());
        }
    }

    private Order.Kind kind() {
        int dice = random.nextInt(100);
        if (dice < 45) {
            return Order.Kind.REMOVE;
        } else if (dice < 80) {
            return Order.Kind.TOGGLE;
        } else if (dice < 88) {
            return Order.Kind.DELETE_ALL;
        } else if (dice < 91) {
            return Order.Kind.ALERT;
        } else if (dice < 93) {
            return Order.Kind.KEY_ALERT;
        } else if (dice < 94) {
            return Order.Kind.OWNER_ALERT;
        }
        return dice < 96 ? Order.Kind.EXPIRED : dice < 98 ? Order.Kind.INACTIVE : Order.Kind.NEVER_USED;
    }

    private void spend(String account) {
        Ledger.Key key = ledger.pick(account, random);
        if (key == null) {
            return;
        }
        BigDecimal cost = cost();
        boolean inTransaction = random.nextInt(10) == 0;
        long began = System.nanoTime();
        try {
            Session.Work<BigDecimal> work = connection -> spend(connection, key, cost);
            if (inTransaction) {
                gateway.transaction(random.nextInt(4), work);
            } else {
                gateway.statement(work);
            }
            ledger.spent(key, cost, began);
        } catch (Session.Failed failed) {
            if (understood(failed).fateUnknown) {
                ledger.perhapsSpent(key, cost);
            } else if (failed.state.equals("PK001")) {
                key.missed();
            }
        }
    }

    /** By the contract's rule: the account is locked first. */
    private void useTwo(String account) {
        Ledger.Key one = ledger.pick(account, random);
        Ledger.Key two = ledger.pick(account, random);
        if (one == null) {
            return;
        }
        BigDecimal cost = cost();
        BigDecimal most = cost();
        long began = System.nanoTime();
        try {
            UUID hold = gateway.transaction(random.nextInt(3), connection -> {
                Postgres.execute(connection, "SELECT lock_account(?)", account);
                spend(connection, one, cost);
                return hold(connection, two, most, 600);
            });
            ledger.spent(one, cost, began);
            ledger.held(two, hold, most, part(most), began);
        } catch (Session.Failed failed) {
            if (understood(failed).fateUnknown) {
                ledger.perhapsSpent(one, cost);
                ledger.perhapsHeld();
            }
        }
    }

    /** Some are for a second only, which is over before they are settled. */
    private void hold(String account) {
        Ledger.Key key = ledger.pick(account, random);
        if (key == null) {
            return;
        }
        BigDecimal most = cost();
        int seconds = random.nextInt(4) == 0 ? 1 : 600;
        long began = System.nanoTime();
        try {
            Session.Work<UUID> work = connection -> hold(connection, key, most, seconds);
            UUID hold = random.nextInt(5) == 0 ? gateway.transaction(random.nextInt(4), work) : gateway.statement(work);
            ledger.held(key, hold, most, part(most), began);
        } catch (Session.Failed failed) {
            if (understood(failed).fateUnknown) {
                ledger.perhapsHeld();
            } else if (failed.state.equals("PK001")) {
                key.missed();
            }
        }
    }

    private static UUID hold(Connection connection, Ledger.Key key, BigDecimal amount, int seconds) throws SQLException {
        return Postgres.one(connection, UUID.class, "SELECT hold_id FROM hold_credits(?, ?, ?)", key.hash, amount, seconds);
    }

    /** Of a hold that others may be settling at this moment, or have settled; rarely at another cost than they. */
    private void settle(String account) {
        Ledger.Hold hold = ledger.pickHold(account, random);
        if (hold == null) {
            return;
        }
        BigDecimal cost = random.nextInt(20) == 0 ? part(hold.amount) : hold.cost;
        long pause = random.nextInt(4);
        try {
            BigDecimal returned = settlement == Settlement.RIGHT
                    ? gateway.transaction(pause, connection -> settlement.settle(connection, hold.id, cost))
                    : owner.transaction(pause, connection -> settlement.settle(connection, hold.id, cost));
            hold.settled(cost);
            if (returned.compareTo(hold.amount.subtract(cost)) == 0) {
                ledger.count("settle", "done");
            } else if (returned.signum() <= 0 && returned.negate().compareTo(cost) <= 0) {
                hold.charged(returned.negate());
                ledger.count("settle", "late");
            } else {
                ledger.violations.add("settling " + hold + " at " + cost + " returned " + returned);
            }
        } catch (Session.Failed failed) {
            if (understood(failed).fateUnknown) {
                hold.perhapsSettled(cost);
            } else if (failed.state.equals("PK010")) {
                hold.refused(cost);
            } else if (failed.state.equals("PK009")) {
                ledger.violations.add(hold + " is not there");
            }
        }
    }

    private void renew(String account) {
        Ledger.Hold hold = ledger.pickHold(account, random);
        if (hold == null) {
            return;
        }
        int seconds = random.nextBoolean() ? 1 : 600;
        try {
            boolean kept = gateway.transaction(random.nextInt(4), connection -> Postgres.one(connection, Boolean.class,
                    "SELECT expires_at >= clock_timestamp() + (? - 1) * interval '1 second' FROM renew_hold(?, ?)", seconds, hold.id,
                    seconds));
            ledger.count("renew", "done");
            if (!kept) {
                ledger.violations.add("renewing " + hold + " for " + seconds + " s did not");
            }
        } catch (Session.Failed failed) {
            if (!understood(failed).fateUnknown && failed.state.equals("PK009")) {
                ledger.violations.add(hold + " is not there");
            }
        }
    }

    private void release(String account) throws InterruptedException {
        ledger.count(Order.Kind.RELEASE.name(), ask(Order.of(Order.Kind.RELEASE, account, null)).getClass().getSimpleName());
    }

    private static BigDecimal spend(Connection connection, Ledger.Key key, BigDecimal cost) throws SQLException {
        return Postgres.one(connection, BigDecimal.class, "SELECT spend_credits(?, ?)", key.hash, cost);
    }

    private void create(String account) {
        Ledger.Key key = ledger.newKey(account, 'c');
        BigDecimal allocated = BigDecimal.valueOf(1 + random.nextInt(20_000_000), 6);
        // Some expire at once.
        String expires = random.nextInt(10) == 0 ? "clock_timestamp() + interval '5 milliseconds'" : "NULL";
        confirm(key, random.nextInt(3), gateway, connection -> Postgres.one(connection, String.class,
                "SELECT create_proxy_key(?, ?, ?, ?, " + expires + ", NULL, NULL)", account, key.name, key.hash, allocated));
    }

    /** A creator that does not use the function, and inserts the key before it touches the account, if it does that at all. */
    private void insertFirst(String account) {
        Ledger.Key key = ledger.newKey(account, 'i');
        int between = random.nextInt(3);
        boolean only = random.nextBoolean();
        confirm(key, 0, owner, connection -> {
            Postgres.execute(connection, """
                    INSERT INTO proxy_key (id, account_id, name, secret_hash, allocated) VALUES ('ek-proxy-' || ?, ?, ?, ?, 0)""",
                    key.name, account, key.name, key.hash);
            Session.pause(between);
            if (!only) {
                Postgres.execute(connection, "UPDATE account SET balance = balance - 0 WHERE id = ?", account);
            }
            return key.name;
        });
    }

    /** From the function, which alone knows the secrets until it is answered. */
    private void orderKey(String account) throws InterruptedException {
        String receipt = random.nextInt(3) == 0 ? null : ledger.pickReceipt(account, random);
        if (receipt != null) {
            Order order = Order.recreate(account, receipt);
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
    private void change(String account) throws InterruptedException {
        Ledger.Key key = ledger.pick(account, random);
        if (key == null) {
            return;
        }
        if (random.nextInt(3) > 0) {
            Order order = Order.update(key, BigDecimal.valueOf(1 + random.nextInt(20_000_000), 6));
            ledger.changed(order, ask(order));
            return;
        }
        BigDecimal spent = key.spent();
        Order order = Order.of(Order.Kind.LOOKUP, account, key);
        Answer answer = ask(order);
        ledger.count(order.kind().name(), answer.getClass().getSimpleName());
        if (answer instanceof Answer.LookedUp found && (found.used().compareTo(spent) < 0 || found.used().compareTo(found
                .allocated()) > 0)) {
            ledger.violations.add("key " + key.name + " had spent " + spent + ", and " + found + " was found");
        }
    }

    private void confirm(Ledger.Key key, long pauseMillis, Session session, Session.Work<String> creation) {
        try {
            session.transaction(pauseMillis, creation);
            ledger.created(key);
        } catch (Session.Failed failed) {
            if (understood(failed).fateUnknown) {
                ledger.offer(key);
            }
        }
    }

    /** Writes down what went in, in the same transaction. */
    private void topUp(String account) {
        try {
            BigDecimal amount = cost();
            String reference = UUID.randomUUID().toString();
            owner.transaction(0, connection -> {
                Postgres.execute(connection, "SELECT top_up(?, ?, ?)", account, amount, reference);
                Postgres.execute(connection, "INSERT INTO top_up (account_id, amount) VALUES (?, ?)", account, amount);
                return amount;
            });
            // Once for each reference.
            owner.statement(connection -> Postgres.one(connection, BigDecimal.class, "SELECT top_up(?, ?, ?)", account, amount, reference));
        } catch (Session.Failed failed) {
            understood(failed);
        }
    }

    private void order(String account, Order.Kind kind) throws InterruptedException {
        Ledger.Key key = ledger.pick(account, random);
        boolean needsKey = KEYED.contains(kind);
        if (needsKey && key == null) {
            return;
        }
        Order order = Order.of(kind, account, needsKey ? key : null);
        if (kind == Order.Kind.TOGGLE) {
            ledger.changed(order, ask(order));
            return;
        }
        long began = System.nanoTime();
        Answer answer = askUntilAnswered(order);
        ledger.settled(order, began, answer);
        if (order.isAlertOfKey() && (answer instanceof Answer.Done || answer instanceof Answer.Refused)) {
            createBurnt(key);
        }
        if (answer instanceof Answer.Done && random.nextInt(10) == 0) {
            Answer repeated = ask(order);
            if (repeated instanceof Answer.Done && !repeated.equals(answer)) {
                ledger.violations.add(order + " was answered " + answer + ", and its repeat " + repeated);
            }
        }
    }

    /** The secret of a key that an alert named: nobody can ever create it again. */
    private void createBurnt(Ledger.Key key) {
        try {
            gateway.statement(connection -> Postgres.one(connection, String.class,
                    "SELECT create_proxy_key(?, 'burnt', ?, 0.000001, NULL, NULL, NULL)",
                    key.account, key.hash));
            ledger.violations.add("the secret of " + key.name + " was burnt, and was created again");
        } catch (Session.Failed failed) {
            understood(failed);
        }
    }

    /** Repeats what was not answered, by the same name, as a client does that wants to know. */
    private Answer askUntilAnswered(Order order) throws InterruptedException {
        boolean unknown = false;
        for (int i = 0; i < MOST_REPEATS; i++) {
            Answer answer = ask(order);
            if (answer instanceof Answer.Done || answer instanceof Answer.Refused) {
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

    /** What a call cost of the most that it could: sometimes nothing, sometimes all. */
    private BigDecimal part(BigDecimal most) {
        return switch (random.nextInt(5)) {
            case 0 -> BigDecimal.ZERO;
            case 1 -> most;
            default -> most.multiply(BigDecimal.valueOf(random.nextInt(1000), 3)).setScale(6, RoundingMode.DOWN);
        };
    }

    private BigDecimal cost() {
        return BigDecimal.valueOf(1 + random.nextInt(3_000_000), 6);
    }

    /** Our own refusals, lost connections and servers that start or stop are to be expected; a deadlock is not. */
    private Session.Failed understood(Session.Failed failed) {
        ledger.count("refused", failed.state);
        if (!failed.state.matches("PK0(0\\d|10)|08.*|57P.*|NOT CONNECTED")) {
            ledger.violations.add("a client was told " + failed.getCause());
        }
        return failed;
    }

    @Override
    public void close() {
        gateway.close();
        owner.close();
    }
}
