package io.proxykeys.conservation;

import io.proxykeys.harness.Postgres;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;

/**
 * One of many that use the same accounts at the same time: spends, holds, settles, creates, tops up, and asks the function for the rest, at
 * random.
 */
final class Client implements AutoCloseable {

    private final Ledger ledger;
    private final Random random;
    private final Orders orders;
    private final Session gateway;
    private final Session owner;
    private final Settlement settlement;

    Client(Postgres server, String database, Ledger ledger, long seed, BlockingQueue<FunctionCopy> copies, Settlement settlement) {
        this.ledger = ledger;
        this.random = new Random(seed);
        this.gateway = new Session(server, database, Postgres.DATA_PLANE_USER);
        this.owner = new Session(server, database, "postgres");
        this.settlement = settlement;
        this.orders = new Orders(ledger, random, copies, gateway);
    }

    /** Does one thing, whatever becomes of it. */
    void act() throws InterruptedException {
        String account = ledger.accounts.get(random.nextInt(ledger.accounts.size()));
        int dice = random.nextInt(1000);
        if (dice < 25) {
            orders.newKey(account);
        } else if (dice < 50) {
            orders.change(account);
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
        } else if (dice < 840) {
            orders.release(account);
        } else {
            orders.any(account);
        }
    }

    /** Has holds released whose time is over. */
    void release() throws InterruptedException {
        orders.release(ledger.accounts.get(0));
    }

    private void spend(String account) {
        Key.Secret key = ledger.pick(account, random);
        if (key == null) {
            return;
        }
        BigDecimal cost = cost();
        boolean inTransaction = random.nextInt(10) == 0;
        Instant began = Ledger.now();
        try {
            Session.Work<BigDecimal> work = connection -> spend(connection, key, cost);
            if (inTransaction) {
                gateway.transaction(random.nextInt(4), work);
            } else {
                gateway.statement(work);
            }
            ledger.spent(key, cost, began);
        } catch (Session.Failed failed) {
            if (ledger.understood(failed).fateUnknown) {
                key.key.perhapsSpent(cost);
            } else if (failed.state.equals("PK001")) {
                ledger.missed(key, began);
            }
        }
    }

    /** By the contract's rule: the account is locked first. */
    private void useTwo(String account) {
        Key.Secret one = ledger.pick(account, random);
        Key.Secret two = ledger.pick(account, random);
        if (one == null) {
            return;
        }
        BigDecimal cost = cost();
        BigDecimal most = cost();
        Instant began = Ledger.now();
        try {
            UUID hold = gateway.transaction(random.nextInt(3), connection -> {
                Postgres.execute(connection, "SELECT lock_account(?)", account);
                spend(connection, one, cost);
                return hold(connection, two, most, 600);
            });
            ledger.spent(one, cost, began);
            ledger.held(two, hold, most, part(most), began);
        } catch (Session.Failed failed) {
            if (ledger.understood(failed).fateUnknown) {
                one.key.perhapsSpent(cost);
                ledger.perhapsHeld();
            }
        }
    }

    /** Some are for a second only, which is over before they are settled. */
    private void hold(String account) {
        Key.Secret key = ledger.pick(account, random);
        if (key == null) {
            return;
        }
        BigDecimal most = cost();
        int seconds = random.nextInt(3) == 0 ? 1 : 600;
        Instant began = Ledger.now();
        try {
            Session.Work<UUID> work = connection -> hold(connection, key, most, seconds);
            UUID hold = random.nextInt(5) == 0 ? gateway.transaction(random.nextInt(4), work) : gateway.statement(work);
            ledger.held(key, hold, most, part(most), began);
        } catch (Session.Failed failed) {
            if (ledger.understood(failed).fateUnknown) {
                ledger.perhapsHeld();
            } else if (failed.state.equals("PK001")) {
                ledger.missed(key, began);
            }
        }
    }

    private static UUID hold(Connection connection, Key.Secret key, BigDecimal amount, int seconds) throws SQLException {
        return Postgres.one(connection, UUID.class, "SELECT hold_id FROM hold_credits(?, ?, ?)", key.hash, amount, seconds);
    }

    /** Of a hold that others may be settling at this moment, or have settled; rarely at another cost than they. */
    private void settle(String account) {
        Hold hold = ledger.pickHold(account, random);
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
            if (ledger.understood(failed).fateUnknown) {
                hold.perhapsSettled(cost);
            } else if (failed.state.equals("PK010")) {
                hold.refused(cost);
            } else if (failed.state.equals("PK009")) {
                ledger.violations.add(hold + " is not there");
            }
        }
    }

    private void renew(String account) {
        Hold hold = ledger.pickHold(account, random);
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
            if (!ledger.understood(failed).fateUnknown && failed.state.equals("PK009")) {
                ledger.violations.add(hold + " is not there");
            }
        }
    }

    private static BigDecimal spend(Connection connection, Key.Secret key, BigDecimal cost) throws SQLException {
        return Postgres.one(connection, BigDecimal.class, "SELECT spend_credits(?, ?)", key.hash, cost);
    }

    private void create(String account) {
        Key key = ledger.newKey(account, 'c');
        BigDecimal allocated = BigDecimal.valueOf(1 + random.nextInt(20_000_000), 6);
        // Some expire at once.
        String expires = random.nextInt(10) == 0 ? "clock_timestamp() + interval '5 milliseconds'" : "NULL";
        confirm(key, random.nextInt(3), gateway, connection -> Postgres.one(connection, String.class,
                "SELECT create_proxy_key(?, ?, ?, ?, " + expires + ", NULL, NULL)", account, key.name, key.secrets().get(0).hash,
                allocated));
    }

    /** A creator that does not use the function, and inserts the key before it touches the account, if it does that at all. */
    private void insertFirst(String account) {
        Key key = ledger.newKey(account, 'i');
        int between = random.nextInt(3);
        boolean only = random.nextBoolean();
        confirm(key, 0, owner, connection -> {
            Postgres.execute(connection, """
                    INSERT INTO proxy_key (id, account_id, name, secret_hash, allocated) VALUES ('ek-proxy-' || ?, ?, ?, ?, 0)""",
                    key.name, account, key.name, key.secrets().get(0).hash);
            Session.pause(between);
            if (!only) {
                Postgres.execute(connection, "UPDATE account SET balance = balance - 0 WHERE id = ?", account);
            }
            return key.name;
        });
    }

    private void confirm(Key key, long pauseMillis, Session session, Session.Work<String> creation) {
        try {
            session.transaction(pauseMillis, creation);
            ledger.created(key);
        } catch (Session.Failed failed) {
            if (ledger.understood(failed).fateUnknown) {
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
            ledger.understood(failed);
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

    @Override
    public void close() {
        gateway.close();
        owner.close();
    }
}
